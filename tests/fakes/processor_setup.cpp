// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tests/fakes/processor_setup.h"

#include "arch/segments.h"

namespace nadir::fake {

using namespace arch;

// A 64-bit system: selectors as Linux has them, MTRRs as firmware sets them up.
void make_running(Processor& p, unsigned index) {
    State& s = p.state;
    s.cr3 = 0x1234'5000 + index * 0x10'0000 + 5; // a PCID, for CR4.PCIDE is set
    s.dr7 = 0x400 | 0x1;
    s.dr = {0x1000, 0, 0, 0};
    s.dr6 = 0xFFFF'0FF0;
    s.rflags = 0x202;
    p.gdt.assign(16, 0);
    p.gdt[2] = SegmentDescriptor::code64().value;
    p.gdt[3] = SegmentDescriptor::data().value;
    const auto task =
        SystemSegmentDescriptor::make(0xFFFF'FE00'0000'3000 + index * 0x1000, 0x4087, segment_type::tss_busy);
    p.gdt[8] = task.low.value;
    p.gdt[9] = task.high;
    s.cs = 0x10;
    s.ss = 0x18;
    s.ds = 0x18;
    s.tr = 0x40;
    s.gdtr = {127, reinterpret_cast<uint64_t>(p.gdt.data())};
    s.idtr = {4095, 0xFFFF'FE00'0000'0000};
    s.msr = {{number::fs_base, 0},
             {number::gs_base, 0xFFFF'8880'0000'0000 + index * 0x4'0000},
             {0xC000'0102, 0x7FFF'0000'0000},
             {number::pat, 0x0407'0506'0007'0106},
             {number::debugctl, 0},
             {number::sysenter_cs, 0x10},
             {number::sysenter_esp, 0xFFFF'FE00'0000'2000},
             {number::sysenter_eip, 0xFFFF'FFFF'8100'1000}};
    s.msr[0x1B] = 0xFEE0'0800; // the local APIC is on, and this isn't the bootstrap processor
    s.msr[0x2FF] = 0xC06;      // MTRRs and fixed ranges in use, write-back by default
    for (const uint32_t fixed : {0x250u, 0x258u, 0x268u, 0x269u, 0x26Au, 0x26Bu, 0x26Cu, 0x26Du, 0x26Eu, 0x26Fu}) {
        s.msr[fixed] = 0x0606'0606'0606'0606;
    }
    s.msr[0x259] = 0; // A0000H to BFFFFH: the video memory is uncacheable
    for (uint32_t i = 0; i < 8; ++i) {
        s.msr[0x200 + 2 * i] = 0;
        s.msr[0x201 + 2 * i] = 0;
    }
    s.msr[0x200] = 0x8000'0000; // 2 GiB to 4 GiB: uncacheable
    s.msr[0x201] = 0x7F'8000'0800;
    s.xcr0 = 7;
    for (unsigned i = 0; i < 16; ++i) {
        p.general[i] = uint64_t{0x0111'0000'0000'0000} * (i + 1) + index;
    }
}

void set_capabilities(Processor& p, const Capabilities& c) {
    const auto answer = [&](uint32_t leaf, uint32_t subleaf, const CpuidRegisters& r) {
        p.cpuid[{leaf, subleaf}] = {r.eax, r.ebx, r.ecx, r.edx};
    };
    p.cpuid.clear();
    answer(0, 0, c.leaf_0);
    answer(1, 0, c.leaf_1);
    answer(7, 0, c.leaf_7);
    answer(7, 1, c.leaf_7_1);
    answer(0xA, 0, c.leaf_a);
    answer(0xD, 0, c.leaf_d);
    answer(0xD, 1, c.leaf_d_1);
    answer(0x4000'0000, 0, c.leaf_40000000);
    answer(0x8000'0000, 0, c.leaf_80000000);
    answer(0x8000'0001, 0, c.leaf_80000001);
    answer(0x8000'0007, 0, c.leaf_80000007);
    answer(0x8000'0008, 0, c.leaf_80000008);
    p.state.cr0 = c.cr0;
    p.state.cr4 = c.cr4;
    for (uint32_t slot = 0; slot < capability_msr::slots; ++slot) {
        const uint32_t index = capability_msr::index_of(slot);
        if (c.msr_known(index)) {
            p.state.msr[index] = c.msr(index);
        } else {
            p.state.msr.erase(index);
        }
    }
    if (c.cet_ss() || c.cet_ibt()) {
        p.state.msr[0x6A2] = 0x0;
        p.state.msr[0x6A8] = 0xFFFF'FE00'0000'5000;
    }
    if (c.pks()) {
        p.state.msr[0x6E1] = 0xC;
    }
}

} // namespace nadir::fake
