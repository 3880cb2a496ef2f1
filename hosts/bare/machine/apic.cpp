// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "hosts/bare/machine/apic.h"

#include "hosts/bare/machine/instructions.h"

namespace nadir::bare {

namespace {

constexpr u32 register_id = 0x20;
constexpr u32 register_eoi = 0xB0;
constexpr u32 register_spurious = 0xF0;
constexpr u32 register_isr = 0x100;
constexpr u32 register_irr = 0x200;
constexpr u32 register_icr_low = 0x300;
constexpr u32 register_icr_high = 0x310;
constexpr u32 register_lvt_timer = 0x320;
constexpr u32 register_initial_count = 0x380;
constexpr u32 register_divide = 0x3E0;
constexpr u32 lvt_masked = 1u << 16;
constexpr u32 lvt_periodic = 1u << 17;
constexpr u32 divide_by_1 = 0xB;
constexpr u32 spurious_enable = 1u << 8;
constexpr u64 base_x2apic = 1u << 10;
constexpr u32 x2apic_first = 0x800;

u64 map_offset; // map_local_apic_at

bool x2apic() { return (read_msr(msr_apic_base) & base_x2apic) != 0; }

volatile u32& memory_register(u32 offset) {
    const u64 base = round_down(read_msr(msr_apic_base), page_size) & 0xF'FFFF'FFFF'F000;
    return *reinterpret_cast<volatile u32*>(map_offset + base + offset);
}

u32 read_register(u32 offset) {
    return x2apic() ? static_cast<u32>(read_msr(x2apic_first + offset / 16)) : memory_register(offset);
}

void write_register(u32 offset, u32 value) {
    if (x2apic())
        write_msr(x2apic_first + offset / 16, value);
    else
        memory_register(offset) = value;
}

} // namespace

u32 own_apic_id() {
    const u32 id = read_register(register_id);
    return x2apic() ? id : id >> 24;
}

void send_ipi(u32 apic_id, u32 command) {
    if (x2apic()) {
        write_msr(msr_x2apic_icr, static_cast<u64>(apic_id) << 32 | command);
        return;
    }
    memory_register(register_icr_high) = apic_id << 24;
    memory_register(register_icr_low) = command;
    while ((memory_register(register_icr_low) & (1u << 12)) != 0) // delivery status
        pause();
}

InterruptState interrupt_state(u8 vector) {
    const u32 word = vector / 32u * 0x10;
    const u32 bit = 1u << vector % 32;
    return {(read_register(register_irr + word) & bit) != 0, (read_register(register_isr + word) & bit) != 0};
}

void end_interrupt() { write_register(register_eoi, 0); }

u32 enable_local_apic() {
    const u32 before = read_register(register_spurious);
    write_register(register_spurious, before | spurious_enable | 0xFF);
    return before;
}

void restore_local_apic(u32 spurious_register) { write_register(register_spurious, spurious_register); }

void map_local_apic_at(u64 offset) { map_offset = offset; }

void start_periodic_timer(u8 vector, u32 ticks) {
    write_register(register_divide, divide_by_1);
    write_register(register_lvt_timer, lvt_periodic | vector);
    write_register(register_initial_count, ticks);
}

void start_local_timer(u8 vector, u32 ticks) {
    write_register(register_divide, divide_by_1);
    write_register(register_lvt_timer, vector);
    write_register(register_initial_count, ticks);
}

void stop_local_timer() {
    write_register(register_initial_count, 0);
    write_register(register_lvt_timer, lvt_masked);
}

void wait_microseconds(u32 microseconds) {
    // Channel 2 in mode 0 counts down once at 1193182 Hz; its output (port 61H, bit 5) rises at zero.
    const u32 count = microseconds * 1193 / 1000 + 1;
    const u8 gate = static_cast<u8>((in8(0x61) & ~2u) | 1u);
    out8(0x61, gate);
    out8(0x43, 0xB0);
    out8(0x42, static_cast<u8>(count));
    out8(0x42, static_cast<u8>(count >> 8));
    while ((in8(0x61) & 0x20) == 0)
        pause();
}

} // namespace nadir::bare
