// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/linux/notes.h"

#include "tool/linux/descriptor.h"
#include "tool/linux/text_file.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sstream>
#include <sys/utsname.h>
#include <unistd.h>

namespace nadir::tool {

namespace {

std::string first_line(const std::string& path) {
    const std::string text = read_text(path).value_or("");
    return text.substr(0, text.find('\n'));
}

std::string or_else(const std::string& text, const char* otherwise) { return text.empty() ? otherwise : text; }

// In the order of their bits. [Linux Documentation/admin-guide/tainted-kernels.rst]
std::string taint_words(const std::string& number) {
    constexpr std::string_view letters = "PFSRMBUDAWCIOELKXTN";
    const unsigned long long bits = std::strtoull(number.c_str(), nullptr, 10);
    std::string flags;
    for (std::size_t i = 0; i < letters.size(); ++i) {
        flags += (bits >> i & 1) != 0 ? std::string(1, letters[i]) : std::string{};
    }
    return flags.empty() ? "0" : fmt::format("{} ({})", number, flags);
}

// Read line by line, and no further than need be: a kernel has some hundred thousand symbols.
std::uint64_t address_of_text() {
    std::ifstream symbols("/proc/kallsyms");
    for (std::string line; std::getline(symbols, line);) {
        if (line.ends_with(" _text") || line.ends_with(" _stext")) {
            const std::uint64_t address = std::strtoull(line.c_str(), nullptr, 16);
            return address &
                   ~std::uint64_t{0xFFFFF}; // the image is aligned; _stext may be a little behind its beginning
        }
    }
    return 0; // who may not see them sees zeros
}

// "nadir 98304 0 - Live 0xffffffffc05fd000 (OE)"
void find_module(KernelPlaces& places) {
    std::ifstream modules("/proc/modules");
    for (std::string line; std::getline(modules, line);) {
        std::istringstream words(line);
        std::string name, uses, users, state, address;
        std::uint64_t bytes = 0;
        if (words >> name >> bytes >> uses >> users >> state >> address && name == "nadir") {
            places.module = std::strtoull(address.c_str(), nullptr, 16);
            places.module_bytes = bytes;
        }
    }
}

// "6,339,5140900,-;nadir: active": priority, number, microseconds, flags; lines that begin with a blank are about devices.
void read_messages(MachineNotes& notes) {
    const Descriptor log(open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    if (!log) {
        notes.no_messages = fmt::format("/dev/kmsg can't be opened ({}); root can", std::strerror(errno));
        return;
    }
    char record[8192];
    for (;;) {
        const ssize_t length = read(log.number(), record, sizeof(record));
        if (length < 0 && errno == EPIPE) {
            continue; // overwritten meanwhile: the next one
        }
        if (length <= 0) {
            return;
        }
        const std::string line(record, static_cast<std::size_t>(length));
        const std::size_t begin = std::min(line.find(';'), line.size() - 1) + 1;
        const std::string text = line.substr(begin, line.find('\n', begin) - begin);
        if (text.starts_with("nadir: ")) {
            unsigned long long microseconds = 0;
            const std::size_t second = line.find(',', line.find(',') + 1);
            if (second < begin) {
                microseconds = std::strtoull(line.c_str() + second + 1, nullptr, 10);
            }
            notes.messages.push_back(
                fmt::format("[{:5}.{:06}] {}", microseconds / 1'000'000, microseconds % 1'000'000, text));
        }
    }
}

void add_user_names(std::vector<std::string>& names) {
    for (const char* variable : {"USER", "LOGNAME", "SUDO_USER"}) {
        if (const char* name = std::getenv(variable)) {
            names.emplace_back(name);
        }
    }
    // "root:x:0:0:..."; those of persons, not those of services.
    std::ifstream users("/etc/passwd");
    for (std::string line; std::getline(users, line);) {
        const std::size_t end = line.find(':');
        const std::size_t second = line.find(':', end + 1);
        if (second != std::string::npos && std::strtoul(line.c_str() + second + 1, nullptr, 10) >= 1000) {
            names.push_back(line.substr(0, end));
        }
    }
}

} // namespace

MachineNotes linux_notes() {
    MachineNotes notes;
    utsname kernel{};
    uname(&kernel);
    // Not of /proc/version: it says who compiled the kernel, and where.
    notes.facts = {
        {"system", kernel.sysname},
        {"kernel", kernel.release},
        {"kernel version", kernel.version},
        {"machine", kernel.machine},
        {"kernel taint", taint_words(first_line("/proc/sys/kernel/tainted"))},
        {"module taint", or_else(first_line("/sys/module/nadir/taint"), "(not loaded, or none)")},
        {"module built from", or_else(first_line("/sys/module/nadir/srcversion"), "(not told)")},
    };
    notes.private_facts = {{"host name", kernel.nodename}, {"kernel command line", first_line("/proc/cmdline")}};
    notes.names.emplace_back(kernel.nodename);
    notes.names.emplace_back(std::string(kernel.nodename).substr(0, std::string_view(kernel.nodename).find('.')));
    add_user_names(notes.names);
    notes.kernel.text = address_of_text();
    find_module(notes.kernel);
    read_messages(notes);
    return notes;
}

} // namespace nadir::tool
