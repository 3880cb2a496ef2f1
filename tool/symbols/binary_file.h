// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Pieces of a file that isn't text. Whatever is read may be damaged: what isn't there ends the command, and says where.
#pragma once

#include <cstdint>
#include <cstring>
#include <fstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace nadir::tool {

class BinaryFile {
public:
    // Throws Failure where it can't be opened, and so do the functions where the file ends before.
    explicit BinaryFile(const std::string& name);

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] std::uint64_t size() const { return size_; }

    [[nodiscard]] std::vector<char> bytes(std::uint64_t offset, std::uint64_t count);

    // As it lies there, which is as the processor has it: both formats are little-endian.
    template <class T>
    [[nodiscard]] T get(std::uint64_t offset) {
        static_assert(std::is_trivially_copyable_v<T>);
        const std::vector<char> raw = bytes(offset, sizeof(T));
        T value;
        std::memcpy(&value, raw.data(), sizeof(T));
        return value;
    }

    [[nodiscard]] bool has(std::uint64_t offset, std::string_view magic);

private:
    std::string name_;
    std::ifstream stream_;
    std::uint64_t size_ = 0;
};

} // namespace nadir::tool
