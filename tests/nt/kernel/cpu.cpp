// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tests/nt/kernel/cpu.h"

#include "hosts/bare/machine/apic.h"
#include "hosts/bare/machine/print.h"
#include "tests/nt/image/image.h"
#include "tests/nt/kernel/interrupts.h"
#include "tests/nt/kernel/lock.h"
#include "tests/nt/kernel/scheduler.h"

namespace nadir::nt {

namespace {

constexpr u16 gdt_limit = 0x57;
constexpr u32 clock_ticks = 20'000; // of the timer's bus clock; in the emulator about as many instructions

alignas(page_size) bare::Gate interrupt_table[256];
Cpu* cpus[maximum_processors];
u32 active;
u32 of_one_group = maximum_processors;

void prepare_gates() {
    for (u32 vector = 0; vector < 256; ++vector) {
        const u64 stub = reinterpret_cast<u64>(bare::interrupt_stubs[vector]);
        const u8 ist = vector == 2 ? ist_nmi : vector == 8 ? ist_double_fault : vector == 18 ? ist_machine_check : 0;
        interrupt_table[vector] = {static_cast<u16>(stub),       selector::kernel_code,        ist, 0x8E,
                                   static_cast<u16>(stub >> 16), static_cast<u32>(stub >> 32), 0};
    }
}

void prepare_descriptors(Cpu& fresh) {
    u64* gdt = fresh.descriptors.gdt;
    gdt[selector::kernel_code / 8] = 0x0020'9B00'0000'0000;
    gdt[selector::kernel_data / 8] = 0x0040'9300'0000'0000;
    gdt[selector::user_code32 / 8] = 0x00CF'FB00'0000'FFFF;
    gdt[selector::user_data / 8] = 0x00CF'F300'0000'FFFF;
    gdt[selector::user_code / 8] = 0x0020'FB00'0000'0000;
    gdt[selector::user_teb / 8] = 0x0040'F300'0000'3C00;
    auto& tss = fresh.descriptors.tss;
    auto* stacks = new_object<bare::IstStacks>();
    for (u32 i = 0; i < 3; ++i)
        tss.ist[i] = reinterpret_cast<u64>(stacks->bytes[i] + sizeof stacks->bytes[i]);
    tss.io_map = sizeof tss;
    const u64 base = reinterpret_cast<u64>(&tss);
    constexpr u64 available = 0x89;
    gdt[selector::tss / 8] = (sizeof tss - 1) | (base & 0xFF'FFFF) << 16 | available << 40 | (base >> 24 & 0xFF) << 56;
    gdt[selector::tss / 8 + 1] = base >> 32;
}

void load_descriptors(Cpu& self) {
    const bare::TablePointer gdt{gdt_limit, reinterpret_cast<u64>(self.descriptors.gdt)};
    const bare::TablePointer idt{sizeof interrupt_table - 1, reinterpret_cast<u64>(interrupt_table)};
    asm volatile("lgdt %0; lidt %1" : : "m"(gdt), "m"(idt));
    asm volatile("pushq %0; leaq 1f(%%rip), %%rax; pushq %%rax; lretq; 1:"
                 :
                 : "i"(selector::kernel_code)
                 : "rax", "memory");
    asm volatile("mov %0, %%ss; mov %1, %%ds; mov %1, %%es; mov %2, %%fs; mov %1, %%gs"
                 :
                 : "r"(static_cast<u32>(selector::kernel_data)), "r"(static_cast<u32>(selector::user_data)),
                   "r"(static_cast<u32>(selector::user_teb)));
    asm volatile("lldt %w0; ltr %w1" : : "r"(0), "r"(static_cast<u32>(selector::tss)));
    bare::write_msr(bare::msr_gs_base, reinterpret_cast<u64>(&self));
}

// What Windows has on, of what this processor has.
void set_control_registers() {
    constexpr u64 always =
        1u << 3 | 1u << 4 | 1u << 5 | 1u << 6 | 1u << 7 | 1u << 9 | 1u << 10; // DE PSE PAE MCE PGE OSFXSR OSXMMEXCPT
    constexpr u64 fsgsbase = 1u << 16;
    constexpr u64 smep = 1u << 20;
    u64 cr4 = always;
    const u32 leaf7 = bare::cpuid(0).eax >= 7 ? bare::cpuid(7).ebx : 0;
    cr4 |= (leaf7 & 1u << 0) != 0 ? fsgsbase : 0;
    cr4 |= (leaf7 & 1u << 7) != 0 ? smep : 0;
    cr4 |= (bare::cpuid(1).ecx & 1u << 26) != 0 ? bare::cr4_osxsave : 0;
    bare::write_cr0(0x8005'0033); // PG AM WP NE ET MP PE
    bare::write_cr4(cr4);
    if ((cr4 & bare::cr4_osxsave) != 0)
        asm volatile("xsetbv" : : "c"(0), "a"((bare::cpuid(1).ecx & 1u << 28) != 0 ? 7u : 3u), "d"(0));
    asm volatile("fninit");
    const u32 mxcsr = 0x1F80;
    asm volatile("ldmxcsr %0" : : "m"(mxcsr));
}

// Registers that Windows uses and that a hypervisor has to hand back.
void set_system_registers(u32 index) {
    static u64 watched[4]; // never touched: a breakpoint on it never fires
    bare::write_dr0(reinterpret_cast<u64>(&watched[0]));
    bare::write_dr1(reinterpret_cast<u64>(&watched[1]));
    bare::write_dr2(reinterpret_cast<u64>(&watched[2]));
    bare::write_dr3(reinterpret_cast<u64>(&watched[3]));
    bare::write_dr6(0xFFFF'0FF0);
    bare::write_dr7(0x9999'0455); // writes of 8 bytes, all four locally enabled
    bare::write_msr(bare::msr_fs_base, 0x7FF0'1000 + index);
    bare::write_msr(bare::msr_kernel_gs_base, 0x7FF0'0000'0000 + index * page_size); // the user's TEB
    bare::write_msr(0x277, 0x0007'0106'0007'0106);                                   // IA32_PAT
    bare::write_msr(0xC000'0081, 0x0023'0010'0000'0000);                             // STAR
    bare::write_msr(0xC000'0082, 0xFFFF'F800'1111'0000 + index);                     // LSTAR
    bare::write_msr(0xC000'0083, 0xFFFF'F800'2222'0000 + index);                     // CSTAR
    bare::write_msr(0xC000'0084, 0x4700);                                            // FMASK
    bare::try_write_msr(0xC000'0103, index);                                         // TSC_AUX
    bare::try_write_msr(0x174, selector::kernel_code);
    bare::try_write_msr(0x175, 0xFFFF'F800'3333'0000 + index);
    bare::try_write_msr(0x176, 0xFFFF'F800'4444'0000 + index);
    bare::write_msr(bare::msr_efer, bare::read_msr(bare::msr_efer) | 1); // SYSCALL
}

Cpu& make_cpu(u32 index) {
    Cpu& fresh = *new_object<Cpu>();
    cpus[index] = &fresh;
    fresh.machine = reinterpret_cast<bare::Processor*>(alias_base + reinterpret_cast<u64>(&bare::processor(index)));
    fresh.self = &fresh;
    fresh.prcb = &fresh.mxcsr;
    fresh.mxcsr = 0x1F80;
    fresh.idt_base = interrupt_table;
    fresh.tss_base = &fresh.descriptors.tss;
    fresh.index = index;
    fresh.legacy_number = static_cast<u8>(index);
    fresh.number = number_of(index);
    prepare_descriptors(fresh);
    const u64 own = new_driver_tables();
    for (u64& root : fresh.root)
        root = new_address_space(own);
    fresh.idle = new_idle_thread(index);
    map_image(fresh);
    return fresh;
}

// On the processor itself, on its idle thread's stack.
[[noreturn]] void become(void* argument) {
    Cpu& self = *static_cast<Cpu*>(argument);
    bare::write_cr3(self.root[0]);
    load_descriptors(self);
    set_control_registers();
    set_system_registers(self.index);
    bare::enable_local_apic();
    bare::write_cr8(passive_level);
    bare::start_periodic_timer(vector_clock, clock_ticks);
    enter_scheduler(self);
}

[[noreturn]] void leave_boot_stack(Cpu& self) { nt_call_on_stack(self.idle->stack_high, become, &self); }

NADIR_ABI u32 become_there(void*, u32 index) { leave_boot_stack(cpu(index)); }

void start_there(u32 index) {
    make_cpu(index);
    // The order is put where the processor looks for it: in the low half.
    const u64 root = bare::read_cr3();
    const bool interrupts = disable_interrupts();
    bare::write_cr3(boot_address_space());
    bare::hand_over(index, become_there, nullptr);
    bare::write_cr3(root);
    enable_interrupts(interrupts);
    while (!__atomic_load_n(&cpu(index).running, __ATOMIC_ACQUIRE))
        bare::pause();
    __atomic_store_n(&active, index + 1, __ATOMIC_RELEASE);
}

// Interrupts are off: everything is asked of one processor.
const char* wrong_state_here() {
    bare::TablePointer table{};
    Cpu* self = cpu_by_gdt();
    if (self == nullptr)
        return "GDTR has another base";
    asm volatile("sgdt %0" : "=m"(table));
    if (table.limit != gdt_limit)
        return "GDTR has another limit";
    asm volatile("sidt %0" : "=m"(table));
    if (table.base != reinterpret_cast<u64>(interrupt_table))
        return "IDTR has another base";
    if (table.limit != sizeof interrupt_table - 1)
        return "IDTR has another limit";
    if (bare::read_msr(bare::msr_gs_base) != reinterpret_cast<u64>(self))
        return "the GS base isn't the KPCR";
    u16 cs, ss, ds, es, fs, gs, tr;
    asm volatile("mov %%cs, %0; mov %%ss, %1; mov %%ds, %2; mov %%es, %3; mov %%fs, %4; mov %%gs, %5; str %6"
                 : "=r"(cs), "=r"(ss), "=r"(ds), "=r"(es), "=r"(fs), "=r"(gs), "=r"(tr));
    if (cs != selector::kernel_code)
        return "CS isn't 10H";
    if (ss != selector::kernel_data && ss != 0)
        return "SS isn't 18H";
    if (ds != selector::user_data)
        return "DS isn't 2BH";
    if (es != selector::user_data)
        return "ES isn't 2BH";
    if (fs != selector::user_teb)
        return "FS isn't 53H";
    if (gs != selector::user_data)
        return "GS isn't 2BH";
    return tr != selector::tss ? "TR isn't 40H" : nullptr;
}

} // namespace

u32 active_cpus() { return __atomic_load_n(&active, __ATOMIC_ACQUIRE); }

Cpu& cpu(u32 index) { return *cpus[index]; }

u32 maximum_cpus() { return bare::processor_count(); }

ProcessorNumber number_of(u32 index) {
    return {static_cast<u16>(index / of_one_group), static_cast<u8>(index % of_one_group), 0};
}

void start_cpus(u32 held_back, u32 group_size, void (*first)(void*), void* argument) {
    of_one_group = group_size != 0 ? group_size : maximum_processors;
    prepare_gates();
    bare::map_local_apic_at(alias_base);
    bare::take_interrupts(handle);
    Cpu& self = make_cpu(0);
    active = 1;
    for (u32 i = 1; i + held_back < bare::processor_count(); ++i)
        start_there(i);
    create_thread("the scenario", first, argument, true); // only now, for it may look at all of them
    leave_boot_stack(self);
}

u32 next_cpu() { return active_cpus(); }

void add_cpu() { start_there(next_cpu()); }

Cpu* cpu_by_gdt() {
    bare::TablePointer gdt{};
    asm volatile("sgdt %0" : "=m"(gdt));
    for (Cpu* each : cpus)
        if (each != nullptr && gdt.base == reinterpret_cast<u64>(each->descriptors.gdt))
            return each;
    return nullptr;
}

const char* wrong_state() {
    const bool interrupts = disable_interrupts();
    const char* why = wrong_state_here();
    enable_interrupts(interrupts);
    return why;
}

} // namespace nadir::nt
