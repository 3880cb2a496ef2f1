// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/linux/serial.h"

#include "arch/uart.h"
#include "tool/linux/text_file.h"

#include <charconv>
#include <filesystem>
#include <fmt/format.h>
#include <sstream>
#include <sys/io.h>

namespace nadir::tool {

namespace {

namespace fs = std::filesystem;

// Where ports can't be read, there may be one.
bool is_absent(nadir_u32 port) {
    const std::uint16_t at = arch::uart_register(static_cast<std::uint16_t>(port), arch::UartRegister::line_status);
    if (ioperm(at, 1, 1) != 0) {
        return false;
    }
    const arch::UartLineStatus status{inb(at)};
    ioperm(at, 1, 0);
    return status.no_device();
}

bool is_console(const std::string& name) {
    std::istringstream names(read_text("/sys/class/tty/console/active").value_or(""));
    for (std::string one; names >> one;) {
        if (one == name) {
            return true;
        }
    }
    return false;
}

} // namespace

std::string who_has_open(const std::string& file) {
    std::error_code error;
    for (const fs::directory_entry& process : fs::directory_iterator("/proc", error)) {
        const std::string number = process.path().filename();
        if (number.find_first_not_of("0123456789") != std::string::npos) {
            continue;
        }
        std::error_code gone; // it may end meanwhile
        fs::directory_iterator files(process.path() / "fd", gone);
        for (; !gone && files != fs::directory_iterator(); files.increment(gone)) {
            std::error_code closed;
            if (fs::read_symlink(files->path(), closed) == file) {
                const std::string program = read_text(process.path() / "comm").value_or("?");
                return fmt::format("{} (process {})", program.substr(0, program.find('\n')), number);
            }
        }
    }
    return {};
}

// "1: uart:16550A port:000002F8 irq:3 tx:0 rx:0"; "uart:unknown" where there is none.
std::optional<unsigned> line_at(const std::string& driver, nadir_u32 port) {
    std::istringstream lines(driver);
    for (std::string line; std::getline(lines, line);) {
        unsigned number = 0;
        const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
        const bool has_uart = line.find("uart:") != std::string::npos && line.find("uart:unknown") == std::string::npos;
        if (error == std::errc{} && *end == ':' && has_uart &&
            line.find(fmt::format(" port:{:08X} ", port)) != std::string::npos) {
            return number;
        }
    }
    return std::nullopt;
}

SerialUse linux_serial_use(nadir_u32 port) {
    SerialUse use;
    const std::optional<unsigned> line = line_at(read_text("/proc/tty/driver/serial").value_or(""), port);
    if (!line) {
        use.absent = is_absent(port);
        return use;
    }
    use.name = fmt::format("ttyS{}", *line);
    if (is_console(use.name)) {
        use.user = "it is a console of the kernel's";
    } else if (const std::string who = who_has_open("/dev/" + use.name); !who.empty()) {
        use.user = who + " has it open";
    }
    return use;
}

} // namespace nadir::tool
