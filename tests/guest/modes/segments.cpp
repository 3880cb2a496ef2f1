// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Protected mode without 64 bits: 16-bit and 32-bit code at CPL 0 and 3, gates, conforming and expand-down segments.
#include "tests/guest/modes/pieces.h"

namespace nadir::modes {

namespace {

struct Mode {
    const char* name;
    u32 code, data;
    u32 base; // of CS
    u32 esp;
};

u8 user_stack[1024];
const Mode modes[] = {
    {"16-bit ", code16, data16, low_base, low_stack},
    {"16-bit cpl 3 ", code16_user, data32_user, low_base, 0},
    {"32-bit ", code32, data32, 0, 0},
    {"32-bit cpl 3 ", code32_user, data32_user, 0, 0},
};

Entry entry_of(const Mode& mode, u32 offset, const Registers& r, u32 eflags) {
    const u32 esp = mode.esp != 0 ? mode.esp : text_address(user_stack + sizeof user_stack);
    return {low_base - mode.base + offset, mode.code, eflags, esp, mode.data, mode.data, r.eax, r.ebx, r.ecx, r.edx};
}

void trace(const Mode& mode, const Piece& piece) {
    trace_entry(piece.name, entry_of(mode, low_offset(piece.code), piece.registers, flags_fixed),
                low_base - mode.base + low_offset(piece.code));
}

void trace_steps(const Mode& mode) {
    steps.limit = 8;
    trace_entry("steps", entry_of(mode, low_offset(low_step), {1, 0, 0, 0}, flags_fixed | flags_tf),
                low_base - mode.base + low_offset(low_step));
}

// IP leaves the segment: CPUID in its last bytes.
void trace_the_end(const Mode& mode) {
    if (mode.base == 0)
        return;
    *reinterpret_cast<u32*>(low_base + 0xFFFC) = 0xA20F'0000;
    trace_entry("cpuid at the end", entry_of(mode, 0xFFFE, {1, 0, 0, 0}, flags_fixed), 0);
    trace_entry("cpuid with tf at the end", entry_of(mode, 0xFFFE, {1, 0, 0, 0}, flags_fixed | flags_tf), 0);
}

void set(u32 selector, u64 value) { gdt[selector / 8] = value; }

void far_call(void* p) {
    const auto* r = static_cast<const Registers*>(p);
    struct [[gnu::packed]] {
        u32 offset;
        u16 selector;
    } target{r->ebx, static_cast<u16>(r->ecx)};
    asm volatile("lcall *%1" : : "a"(r->eax), "m"(target) : "memory", "cc", "ecx", "edx");
}

void trace_call(const char* name, u32 selector, u32 offset) {
    Registers r{1, offset, selector, 0};
    run(far_call, &r);
    print_event(name, low_base);
}

// CPUID behind a gate, in a conforming segment, and stacks that grow down.
void trace_gates() {
    about("gate ");
    const u32 cpuid = low_base + low_offset(low_cpuid);
    set(gate, gate_descriptor(code32, cpuid, type::call_gate, 0));
    trace_call("call", gate, 0);
    set(gate, gate_descriptor(code16, low_offset(low_cpuid), type::call_gate16, 0));
    trace_call("call 16-bit", gate, 0);
    set(gate, gate_descriptor(code32, cpuid, type::call_gate, 0, false));
    trace_call("call not present", gate, 0);
    set(spare, descriptor(0, 0xFFFFF, type::flat_code | type::conforming, 0, in_pages | big));
    trace_call("call conforming", spare, cpuid);
    trace_entry("conforming at cpl 3",
                {cpuid, spare | 3, flags_fixed, text_address(user_stack + sizeof user_stack), data32_user, data32_user,
                 1, 0, 0, 0},
                low_base);
    set(spare, descriptor(0, 0, type::flat_data | type::expand_down, 0, in_pages | big));
    trace_entry("expand-down stack",
                {cpuid, code32, flags_fixed, text_address(user_stack + sizeof user_stack), spare, spare, 1, 0, 0, 0},
                low_base);
    set(gate, 0);
    set(spare, 0);
}

} // namespace

void trace_segments() {
    for (const Mode& mode : modes) {
        about(mode.name);
        for (const Piece& piece : pieces)
            trace(mode, piece);
        trace_steps(mode);
        trace_the_end(mode);
    }
    trace_gates();
}

void trace_pieces() {
    for (const Piece& piece : pieces)
        trace(modes[2], piece);
    trace(modes[3], pieces[0]);
    trace_steps(modes[2]);
    trace_steps(modes[3]);
}

} // namespace nadir::modes
