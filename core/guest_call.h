// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The guest's side of a hypercall. On a virtualised processor, CPL 0; not preempted to another processor where the answer
// is about this one.
#pragma once

#include "core/hypercall.h"
#include "core/session.h"
#include "cpu/entry_points.h"

namespace nadir::core {

struct GuestCall {
    uint64_t status; // enum nadir_status
    uint64_t word[hypercall_words];
};

inline GuestCall call_root(const nadir_session& session, Hypercall function, uint64_t first = 0, uint64_t second = 0) {
    cpu::HypercallRegisters r{};
    r.rax = session.key;
    r.rcx = static_cast<uint64_t>(function);
    r.rdx = first;
    r.rsi = second;
    cpu::nadir_cpu_hypercall(&r);
    return {r.rax, {r.rcx, r.rdx, r.rsi, r.rdi, r.r8, r.r9, r.r10, r.r11}};
}

} // namespace nadir::core
