// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tests/guest/conformance/fuzz/machine_state.h"

#include "hosts/bare/machine/apic.h"
#include "hosts/bare/machine/descriptors.h"
#include "hosts/bare/machine/faults.h"
#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/machine/print.h"
#include "hosts/bare/machine/processor.h"

namespace nadir::conformance::fuzz {

namespace {

constexpr u64 dr6_cleared = 0xFFFF'0FF0;
constexpr u64 dr7_cleared = 0x400;
constexpr u32 timer_count = 400'000;
constexpr u32 mxcsr_at_reset = 0x1F80;

// The legacy region of an XSAVE area, and its header [SDM1 "XSAVE-Managed State"].
struct alignas(64) XsaveArea {
    u32 legacy[128];
    u64 state_in_use;
    u64 rest[511];
};
XsaveArea initial;
XsaveArea after;

void write_xcr0(u64 value) {
    asm volatile("xsetbv" : : "a"(static_cast<u32>(value)), "d"(static_cast<u32>(value >> 32)), "c"(0) : "memory");
}

void load_vector_state() { asm volatile("xrstor64 %0" : : "m"(initial), "a"(~0u), "d"(~0u) : "memory"); }

// Data segments that CPL 3 may keep; their bases are 0.
void load_segments(u16 selector) {
    asm volatile("mov %0, %%ds; mov %0, %%es; mov %0, %%fs; mov %0, %%gs" : : "r"(static_cast<u32>(selector)));
}

u64 segments() {
    u32 ds, es, fs, gs;
    asm volatile("mov %%ds, %0; mov %%es, %1; mov %%fs, %2; mov %%gs, %3" : "=r"(ds), "=r"(es), "=r"(fs), "=r"(gs));
    return static_cast<u64>(ds & 0xFFFF) << 48 | static_cast<u64>(es & 0xFFFF) << 32 |
           static_cast<u64>(fs & 0xFFFF) << 16 | (gs & 0xFFFF);
}

} // namespace

void Findings::note(const char* what, u64 value, bool worth_reading) {
    digest_.add(value);
    if (verbose_ && worth_reading)
        print("fuzz  %s %llx\n", what, value);
}

const char* MachineState::capture() {
    if ((read_cr4() & cr4_osxsave) == 0)
        return "sequences want a processor with XSAVE";
    const CpuidResult states = cpuid(0xD);
    xcr0_ = static_cast<u64>(states.edx) << 32 | states.eax;
    write_xcr0(xcr0_); // all of it, so that nothing of one sequence is left for the next
    cr0_ = read_cr0();
    cr3_ = read_cr3();
    cr4_ = read_cr4();
    efer_ = read_msr(msr_efer);
    initial = {};
    initial.legacy[6] = mxcsr_at_reset;
    initial.state_in_use = 2; // XMM: a pattern
    for (u32 i = 40; i < 40 + 64; ++i)
        initial.legacy[i] = 0x0101'0101 * i;
    return nullptr;
}

void MachineState::prepare(const Sequence& sequence) {
    for (u32 i = 0; i < sequence.msr_count; ++i)
        msr_readable_[i] = try_read_msr(sequence.msrs[i], msrs_[i]);
    gs_base_ = read_msr(msr_gs_base);
    load_vector_state();
    write_cr8(0);
    write_cr2(0);
    if (sequence.timer)
        start_local_timer(vector_timer, timer_count);
    if (sequence.pending)
        send_ipi(own_apic_id(), icr_fixed | icr_self | vector_pending);
    load_segments(selector_user_data);
    write_dr0(sequence.breakpoints[0]);
    write_dr1(sequence.breakpoints[1]);
    write_dr2(sequence.breakpoints[2]);
    write_dr3(sequence.breakpoints[3]);
    write_dr6(dr6_cleared);
    write_dr7(sequence.dr7);
}

void MachineState::settle(const Sequence& sequence, Findings& findings) {
    if (sequence.timer)
        stop_local_timer(); // before anything is printed, which takes longer than it
    // Reading DR7 may raise #DB (DR7.GD); the handler of sequences lets it go on.
    const u64 dr7 = read_dr7();
    write_dr7(dr7_cleared);
    const u64 cr0 = read_cr0();
    const u64 cr3 = read_cr3();
    const u64 cr4 = read_cr4();
    const u64 cr8 = read_cr8();
    if (cr4 != cr4_)
        write_cr4(cr4_);
    if (cr3 != cr3_)
        write_cr3(cr3_);
    if (cr0 != cr0_)
        write_cr0(cr0_);
    const u64 selectors = segments();
    load_segments(selector_data);
    write_msr(msr_gs_base, gs_base_);
    findings.note("dr7", dr7);
    findings.note("cr0", cr0);
    findings.note("cr2", read_cr2());
    findings.note("cr3", cr3);
    findings.note("cr4", cr4);
    findings.note("cr8", cr8);
    findings.note("segments", selectors);
    findings.note("dr0", read_dr0());
    findings.note("dr1", read_dr1());
    findings.note("dr2", read_dr2());
    findings.note("dr3", read_dr3());
    findings.note("dr6", read_dr6());
}

void MachineState::finish(const Sequence& sequence, Findings& findings) {
    const u64 efer = read_msr(msr_efer);
    findings.note("efer", efer);
    if (efer != efer_)
        write_msr(msr_efer, efer_);
    const u64 xcr0 = read_xcr0();
    findings.note("xcr0", xcr0);
    if (xcr0 != xcr0_)
        write_xcr0(xcr0_);
    asm volatile("fxsave64 %0" : "=m"(after));
    findings.note("mxcsr", after.legacy[6]);
    for (u32 i = 40; i < 40 + 64; i += 2)
        findings.note("xmm", static_cast<u64>(after.legacy[i + 1]) << 32 | after.legacy[i]);
    for (u32 i = 0; i < sequence.msr_count; ++i) {
        u64 value = 0;
        findings.note("msr readable", try_read_msr(sequence.msrs[i], value) ? 1 : 0);
        findings.note("msr", value);
        if (msr_readable_[i] && value != msrs_[i])
            (void)try_write_msr(sequence.msrs[i], msrs_[i]);
    }
    if (sequence.timer || sequence.pending) {
        write_cr8(0);
        const u64 before = this_processor().interrupt_count;
        asm volatile("sti; nop; nop; cli" : : : "memory");
        findings.note("interrupts left", this_processor().interrupt_count - before);
    }
}

} // namespace nadir::conformance::fuzz
