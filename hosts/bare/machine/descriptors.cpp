// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "hosts/bare/machine/descriptors.h"

#include "hosts/bare/machine/instructions.h"

namespace nadir::bare {

namespace {

alignas(16) Gate interrupt_table[256];

constexpr u8 gate_interrupt = 0x8E; // present, DPL 0, 64-bit interrupt gate
constexpr u64 type_tss = 0x89;
constexpr u64 type_ldt = 0x82;

// The two words of a system-segment descriptor [SDM3 "Segment Descriptor Tables in IA-32e Mode"].
void put_system_descriptor(u64* entry, u64 base, u64 limit, u64 type) {
    entry[0] = (limit & 0xFFFF) | (base & 0xFF'FFFF) << 16 | type << 40 | (base >> 24 & 0xFF) << 56;
    entry[1] = base >> 32;
}

} // namespace

void prepare_interrupt_table() {
    for (u32 vector = 0; vector < 256; ++vector) {
        const u64 stub = reinterpret_cast<u64>(interrupt_stubs[vector]);
        const u8 ist = vector == 2 ? ist_nmi : vector == 8 ? ist_double_fault : vector == 18 ? ist_machine_check : 0;
        interrupt_table[vector] = {static_cast<u16>(stub),
                                   selector_code,
                                   ist,
                                   gate_interrupt,
                                   static_cast<u16>(stub >> 16),
                                   static_cast<u32>(stub >> 32),
                                   0};
    }
}

void prepare_descriptors(Descriptors& descriptors, IstStacks& stacks, u8* kernel_stack_top) {
    u64* gdt = descriptors.gdt;
    gdt[0] = 0;
    gdt[selector_code / 8] = 0x00AF'9B00'0000'FFFF;
    gdt[selector_data / 8] = 0x00CF'9300'0000'FFFF;
    gdt[selector_code32 / 8] = 0x00CF'9B00'0000'FFFF;
    gdt[selector_user_data / 8] = 0x00CF'F300'0000'FFFF;
    gdt[selector_user_code / 8] = 0x00AF'FB00'0000'FFFF;
    gdt[selector_user_code32 / 8] = 0x00CF'FB00'0000'FFFF;
    descriptors.tss = {};
    descriptors.tss.rsp[0] = reinterpret_cast<u64>(kernel_stack_top);
    for (u32 i = 0; i < 3; ++i)
        descriptors.tss.ist[i] = reinterpret_cast<u64>(stacks.bytes[i] + sizeof stacks.bytes[i]);
    descriptors.tss.io_map = sizeof(Tss);
    put_system_descriptor(gdt + selector_tss / 8, reinterpret_cast<u64>(&descriptors.tss), sizeof(Tss) - 1, type_tss);
    put_system_descriptor(gdt + selector_ldt / 8, reinterpret_cast<u64>(descriptors.ldt), sizeof descriptors.ldt - 1,
                          type_ldt);
}

void load_descriptors(Descriptors& descriptors) {
    constexpr u64 type_busy = 2ull << 40; // from the last time, when the processor was reset since
    descriptors.gdt[selector_tss / 8] &= ~type_busy;
    const TablePointer gdt{sizeof descriptors.gdt - 1, reinterpret_cast<u64>(descriptors.gdt)};
    const TablePointer idt{sizeof interrupt_table - 1, reinterpret_cast<u64>(interrupt_table)};
    asm volatile("lgdt %0" : : "m"(gdt));
    asm volatile("lidt %0" : : "m"(idt));
    asm volatile("pushq %0; leaq 1f(%%rip), %%rax; pushq %%rax; lretq; 1:" : : "i"(selector_code) : "rax", "memory");
    asm volatile("mov %0, %%ss; mov %0, %%ds; mov %0, %%es; mov %0, %%fs; mov %0, %%gs"
                 :
                 : "r"(static_cast<u32>(selector_data))
                 : "memory");
    asm volatile("lldt %0" : : "r"(selector_ldt));
    asm volatile("ltr %0" : : "r"(selector_tss));
}

} // namespace nadir::bare
