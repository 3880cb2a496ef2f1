// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/windows/device.h"

#include "hosts/windows/ioctl.h"
#include "tool/request_device.h"
#include "tool/windows/failures.h"
#include "tool/windows/handle.h"
#include "tool/windows/pinned.h"
#include "tool/windows/text.h"

#include <winioctl.h>

namespace nadir::tool {

namespace {

static_assert(NADIR_IOCTL(NADIR_FUNCTION_ON) ==
              CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_READ_DATA | FILE_WRITE_DATA));
static_assert(static_cast<DWORD>(Win32Error::invalid_function) == ERROR_INVALID_FUNCTION &&
              static_cast<DWORD>(Win32Error::file_not_found) == ERROR_FILE_NOT_FOUND &&
              static_cast<DWORD>(Win32Error::path_not_found) == ERROR_PATH_NOT_FOUND &&
              static_cast<DWORD>(Win32Error::access_denied) == ERROR_ACCESS_DENIED &&
              static_cast<DWORD>(Win32Error::bad_length) == ERROR_BAD_LENGTH &&
              static_cast<DWORD>(Win32Error::busy) == ERROR_BUSY &&
              static_cast<DWORD>(Win32Error::operation_aborted) == ERROR_OPERATION_ABORTED &&
              static_cast<DWORD>(Win32Error::revision_mismatch) == ERROR_REVISION_MISMATCH);

class WindowsDevice final : public RequestDevice {
public:
    explicit WindowsDevice(Handle handle) : handle_(std::move(handle)) {}

    arch::Capabilities capabilities(nadir_u32 processor) override {
        const Pinned pinned(processor); // the driver answers in the thread that asks
        return capabilities_here();
    }

private:
    SystemError exchange(nadir_function function, void* request, std::size_t bytes) override {
        const auto size = static_cast<DWORD>(bytes);
        DWORD answered = 0;
        if (DeviceIoControl(handle_.get(), NADIR_IOCTL(function), request, size, request, size, &answered, nullptr) ==
            0) {
            return GetLastError();
        }
        if (answered != size) {
            // Without this, a request that nobody answered would look like one that worked.
            throw failure_of_answer(answered, size);
        }
        return 0;
    }

    [[noreturn]] void fail(const char* what, SystemError error) override {
        throw failure_to_ask(what, static_cast<Win32Error>(error), error_text(error));
    }

    Handle handle_;
};

} // namespace

std::unique_ptr<Device> open_windows_device() {
    Handle handle(CreateFileW(NADIR_DEVICE_PATH, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE,
                              nullptr, OPEN_EXISTING, 0, nullptr));
    if (!handle) {
        const DWORD error = GetLastError();
        throw failure_to_open(static_cast<Win32Error>(error), error_text(error));
    }
    return std::make_unique<WindowsDevice>(std::move(handle));
}

} // namespace nadir::tool
