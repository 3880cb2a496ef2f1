// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Virtual-8086 mode. [SDM3 "8086 Emulation"]
#include "tests/guest/modes/pieces.h"

namespace nadir::modes {

namespace {

extern "C" const u8 low_redirected[];

Entry entry_of(u32 offset, const Registers& r, u32 eflags) {
    return {offset, low_segment, eflags | flags_fixed | flags_vm, low_stack, 0, low_segment, r.eax, r.ebx,
            r.ecx,  r.edx};
}

constexpr u32 iopl_3 = 3u << 12;

void trace(const char* name, const u8* code, const Registers& registers, u32 eflags = iopl_3) {
    trace_entry(name, entry_of(low_offset(code), registers, eflags), low_offset(code));
}

// INT 21H: through the IDT, or to the program's own handler.
void trace_interrupts(const char* about_text) {
    about(about_text);
    trace("int 21", low_int_21, {});
    trace("int 21 with iopl 0", low_int_21, {}, 0);
    trace("int3", low_int3, {});
    trace("int3 with iopl 0", low_int3, {}, 0);
    trace("sti with iopl 0", low_sti, {}, 0);
}

} // namespace

void trace_v86() {
    about("v86 ");
    for (const Piece& piece : pieces)
        trace(piece.name, piece.code, piece.registers);
    steps.limit = 8;
    trace("steps", low_step, {1, 0, 0, 0}, iopl_3 | flags_tf);
    trace_entry("cpuid at the end", entry_of(0xFFFE, {1, 0, 0, 0}, iopl_3), 0);

    u32 vector_21 = 0x21 * 4;
    asm("" : "+r"(vector_21)); // hidden from the compiler, which takes low addresses for null pointers
    auto& handler = *reinterpret_cast<u32*>(vector_21);
    const u32 before = handler;
    handler = low_segment << 16 | low_offset(low_redirected);
    trace_interrupts("v86 ");
    write_cr4(read_cr4() | cr4_vme);
    trace_interrupts("v86 vme ");
    main_task.redirection[0x21 / 8] &= static_cast<u8>(~(1u << 0x21 % 8));
    trace_interrupts("v86 vme redirected ");
    main_task.redirection[0x21 / 8] = 0xFF;
    write_cr4(read_cr4() & ~cr4_vme);
    handler = before;
}

} // namespace nadir::modes
