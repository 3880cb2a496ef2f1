// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The hypercall: how the host's code, once it is a guest, asks root mode for something. VMCALL at CPL 0 in 64-bit mode with
// the session's key in RAX; for anybody else VMCALL raises #UD, as on a processor without a hypervisor.
//
//   in:  RAX key, RCX function, RDX and RSI arguments
//   out: RAX status (enum nadir_status); RCX RDX RSI RDI R8 R9 R10 R11: eight words of answer
//
// Arguments and answers are registers only: root mode follows no pointer of the guest's.
#pragma once

#include <cstdint>

namespace nadir::core {

enum class Hypercall : uint64_t {
    confirm = 1,          // flushes what this processor may remember of the time before; answers its number
    leave = 2,            // returns outside VMX operation
    read_statistics = 3,  // RDX processor, RSI first word of struct nadir_statistics
    log_position = 4,     // RDX processor; first word: sequence number of the next record
    read_log = 5,         // RDX processor, RSI sequence number; the words are the record; NADIR_BAD_ARGUMENT: not there
    read_memory_use = 6,  // first word: bytes of EPT tables in use
    wait_for_startup = 7, // does not return: this processor waits for a start-up IPI
    start_up = 9,         // RDX vector; does not return: the same as if the start-up IPI had come
    read_vmcs = 10, // RDX processor (of the current VMCS if it is this one, otherwise as it was when root mode stopped
                    // that processor); RSI index of the first field in arch::vmcs_encodings. First word: bit n says
                    // that word n + 1 is the value of field RSI + n
    provoke = 8,    // RDX enum nadir_provocation; tests only
};

inline constexpr unsigned hypercall_words = 8;

} // namespace nadir::core
