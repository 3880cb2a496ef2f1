// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A system-call logger for Linux: counts all of them, and logs which programs are started. It reads the caller's memory, beneath
// the system and before the system has seen the call. [SDM2 "SYSCALL"]
#include "core/extensions/extension.h"

using namespace nadir::extension;

namespace {

constexpr uint64_t number_of_execve = 59; // execve(RDI path, RSI arguments, RDX environment)

enum Counter : unsigned { calls, programs, unreadable };

// What comes behind the last slash.
std::string_view file_name(std::string_view path) {
    if (const std::size_t slash = path.find_last_of('/'); slash != std::string_view::npos) {
        path.remove_prefix(slash + 1); // substr would throw, and root mode has no exceptions: the build says so
    }
    return path;
}

struct SystemCallLog {
    static constexpr About about{"1.0", "counts system calls and logs the programs that are started"};
    static constexpr std::string_view counters[] = {"calls", "programs", "unreadable"};

    // By the convention of Linux, the number is in RAX and the arguments in RDI, RSI, RDX, R10, R8 and R9.
    static void system_call(Processor& processor) {
        processor.count(calls);
        if (processor.get(Register::rax) != number_of_execve) {
            return;
        }
        // On the stack: root mode has no other memory for it, and not much of this (1 KiB is plenty for a callback).
        char path[128];
        const std::size_t length = processor.read_text(processor.get(Register::rdi), path);
        if (length == 0) {
            processor.count(unreadable); // not mapped just now: the system would get it from a file, and we don't wait
            return;
        }
        processor.count(programs);
        processor.log(file_name({path, length}), processor.cr3(), processor.rip());
    }
};

} // namespace

NADIR_EXTENSION(SystemCallLog)
