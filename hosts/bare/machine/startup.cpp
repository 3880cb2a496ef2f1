// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "hosts/bare/machine/startup.h"

#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/machine/print.h"

namespace nadir::bare {

namespace {

constexpr u64 trampoline_page = startup_vector * page_size;
constexpr u64 trampoline_offset = 0x10;

// trampoline.S knows both layouts.
struct StartPlace {
    Processor* processor;
    u8* stack_top;
};
static_assert(sizeof(StartPlace) == 16);

struct TrampolineData {
    u64 cr4;
    u64 cr3;
    u64 cr0;
    u64 efer;
    StartedProcedure procedure;
    const StartPlace* places;
};
static_assert(sizeof(TrampolineData) == 48);

StartPlace places[256];
u8 saved_page[page_size];

extern "C" {
extern const u8 startup_entry[];
extern const u8 startup_entry_end[];
extern const u8 trampoline_start[];
extern const u8 trampoline_end[];
extern const u8 trampoline_data[];
}

void put_entry(u64 page) {
    __builtin_memcpy(reinterpret_cast<void*>(page), startup_entry,
                     static_cast<usize>(startup_entry_end - startup_entry));
}

void put_trampoline(StartedProcedure procedure) {
    constexpr u64 efer_lma = 1u << 10;
    auto* code = reinterpret_cast<u8*>(trampoline_page + trampoline_offset);
    __builtin_memcpy(code, trampoline_start, static_cast<usize>(trampoline_end - trampoline_start));
    *reinterpret_cast<TrampolineData*>(code + (trampoline_data - trampoline_start)) = {
        read_cr4(), read_cr3(), read_cr0(), read_msr(msr_efer) & ~efer_lma, procedure, places};
    put_entry(trampoline_page);
}

} // namespace

void set_start_place(u32 apic_id, Processor* self) {
    if (apic_id >= sizeof places / sizeof places[0])
        finish(false, "a processor's APIC number is above 255");
    places[apic_id] = {self, self->stack_top};
}

void prepare_startup(StartedProcedure procedure) {
    __builtin_memcpy(saved_page, reinterpret_cast<const void*>(trampoline_page), sizeof saved_page);
    put_trampoline(procedure);
}

void restore_startup_page() {
    __builtin_memcpy(reinterpret_cast<void*>(trampoline_page), saved_page, sizeof saved_page);
}

void prepare_startup_everywhere(StartedProcedure procedure, u64 end) {
    u64 page = 0;
    asm("" : "+r"(page)); // hidden from the compiler, which takes address 0 for a null pointer
    for (; page < end; page += page_size)
        put_entry(page);
    put_trampoline(procedure);
}

} // namespace nadir::bare
