// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "hosts/bare/machine/processor.h"

#include "hosts/bare/machine/acpi.h"
#include "hosts/bare/machine/apic.h"
#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/machine/memory.h"
#include "hosts/bare/machine/print.h"
#include "hosts/bare/machine/startup.h"

namespace nadir::bare {

namespace {

constexpr u64 stack_bytes = 32 << 10;

Processor* processors[maximum_processors];
u32 count;

Processor* new_processor(u32 apic_id) {
    auto* fresh = static_cast<Processor*>(allocate(round_up(sizeof(Processor), page_size)));
    auto* stacks = static_cast<IstStacks*>(allocate(sizeof(IstStacks)));
    auto* stack = static_cast<u8*>(allocate(stack_bytes));
    if (fresh == nullptr || stacks == nullptr || stack == nullptr)
        finish(false, "no memory for a processor");
    fresh->self = fresh;
    fresh->number = count;
    fresh->apic_id = apic_id;
    fresh->stack_top = stack + stack_bytes;
    prepare_descriptors(fresh->descriptors, *stacks, fresh->stack_top);
    processors[count++] = fresh;
    set_start_place(apic_id, fresh);
    return fresh;
}

// XSETBV and XGETBV want CR4.OSXSAVE.
u64 wanted_cr4() {
    constexpr u64 pae = 1u << 5;
    constexpr u32 ecx_xsave = 1u << 26;
    return pae | ((cpuid(1).ecx & ecx_xsave) != 0 ? cr4_osxsave : 0);
}

// Each processor waits here for orders, interrupts off. A plain loop: it needs no wake-up that could get lost.
[[noreturn]] void wait_for_orders(Processor& self) {
    __atomic_store_n(&self.running, 1u, __ATOMIC_RELEASE);
    for (;;) {
        const nadir_procedure procedure = __atomic_load_n(&self.procedure, __ATOMIC_ACQUIRE);
        if (procedure == nullptr) {
            const auto own = __atomic_load_n(&self.meanwhile, __ATOMIC_ACQUIRE);
            if (own != nullptr)
                own(self.number);
            else
                pause();
            continue;
        }
        self.answer = procedure(self.argument, self.number);
        __atomic_store_n(&self.procedure, static_cast<nadir_procedure>(nullptr), __ATOMIC_RELEASE);
    }
}

[[noreturn]] void other_processor_main(Processor* self, u32) {
    become(*self);
    wait_for_orders(*self);
}

bool runs_soon(const Processor& other, u32 microseconds) {
    for (u32 waited = 0; waited < microseconds; waited += 50) {
        if (__atomic_load_n(&other.running, __ATOMIC_ACQUIRE) != 0)
            return true;
        wait_microseconds(50);
    }
    return __atomic_load_n(&other.running, __ATOMIC_ACQUIRE) != 0;
}

// [SDM3 "Typical AP Initialization Sequence"]: INIT, 10 ms, SIPI, 200 us, and a second SIPI where the first was missed.
void start(Processor& other) {
    const u32 startup = icr_startup | startup_vector;
    send_ipi(other.apic_id, startup);
    if (runs_soon(other, 1000))
        return;
    send_ipi(other.apic_id, startup);
    if (!runs_soon(other, 100'000))
        print("nadir: the processor with APIC number %u doesn't start\n", other.apic_id);
}

} // namespace

void become(Processor& self) {
    load_descriptors(self.descriptors);
    write_msr(msr_gs_base, reinterpret_cast<u64>(&self));
}

u32 processor_count() { return count; }

Processor& processor(u32 number) { return *processors[number]; }

void start_first_processor() {
    prepare_interrupt_table();
    become(*new_processor(own_apic_id()));
    constexpr u64 on = 1u << 1 | 1u << 5;                            // MP, NE
    constexpr u64 off = 1u << 2 | 1u << 3 | 1ull << 29 | 1ull << 30; // EM, TS, NW, CD: some firmware leaves caches off
    write_cr0((read_cr0() | on) & ~off);
    write_cr4(wanted_cr4());
    processor(0).running = 1;
}

// The MADT says whom to expect: no broadcast, which would also start what the firmware has put out of service, and no
// waiting for processors that may never come. Without a MADT we stay on one processor.
void start_processors(u32 limit) {
    u32 ids[maximum_processors];
    const u32 listed = read_madt(ids, maximum_processors);
    prepare_startup(other_processor_main);
    for (u32 i = 0; i < listed; ++i)
        if (ids[i] != processor(0).apic_id)
            send_ipi(new_processor(ids[i])->apic_id, icr_init);
    if (count > 1)
        wait_microseconds(10'000);
    for (u32 i = 1; i < count && (limit == 0 || i < limit); ++i)
        start(processor(i));
    restore_startup_page();
}

u32 run_on(u32 number, nadir_procedure procedure, void* argument) {
    if (number >= count)
        return NADIR_PROCESSOR_OFFLINE;
    Processor& target = processor(number);
    if (target.running == 0 || target.gone != 0)
        return NADIR_PROCESSOR_OFFLINE;
    if (&target == &this_processor())
        return procedure(argument, number);
    begin_on(number, procedure, argument);
    return wait_for(number);
}

void begin_on(u32 number, nadir_procedure procedure, void* argument) {
    processor(number).argument = argument;
    __atomic_store_n(&processor(number).procedure, procedure, __ATOMIC_RELEASE);
}

bool is_busy(u32 number) { return __atomic_load_n(&processor(number).procedure, __ATOMIC_ACQUIRE) != nullptr; }

u32 wait_for(u32 number) {
    while (is_busy(number))
        pause();
    return processor(number).answer;
}

void meanwhile(u32 number, void (*procedure)(u32 number)) {
    __atomic_store_n(&processor(number).meanwhile, procedure, __ATOMIC_RELEASE);
}

void hand_over(u32 number, nadir_procedure procedure, void* argument) {
    processor(number).gone = 1;
    begin_on(number, procedure, argument);
}

} // namespace nadir::bare
