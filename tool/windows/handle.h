// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A handle that closes itself.
#pragma once

#include "tool/windows/windows.h"

#include <utility>

namespace nadir::tool {

class Handle {
public:
    explicit Handle(HANDLE handle) : handle_(handle) {}
    Handle(Handle&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Handle& operator=(Handle&&) = delete;
    ~Handle() {
        if (*this) {
            CloseHandle(handle_);
        }
    }

    // Windows' functions use both for "none".
    explicit operator bool() const { return handle_ != nullptr && handle_ != INVALID_HANDLE_VALUE; }
    [[nodiscard]] HANDLE get() const { return handle_; }

private:
    HANDLE handle_;
};

} // namespace nadir::tool
