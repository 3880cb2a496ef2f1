// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The transitions between protected mode and long mode, and what CPUID and IA32_EFER say on the way.
// [SDM3 "Initializing IA-32e Mode"]
#include "tests/guest/modes/paging.h"
#include "tests/guest/modes/pieces.h"

namespace nadir::modes {

namespace {

struct Stage {
    u32 efer, cr0, features;
};
constexpr const char* names[] = {"before",    "lme",  "compatibility", "64-bit", "compatibility again",
                                 "lme again", "after"};
constexpr u32 stages = sizeof names / sizeof names[0];

extern "C" void through_long_mode(u32 cr3, Stage* stages);

} // namespace

void trace_long_mode() {
    about("long mode ");
    for (u32 round = 0; round < 2; ++round) {
        Stage seen[stages]{};
        through_long_mode(four_level_table(), seen);
        for (u32 i = 0; i < stages; ++i)
            line("%s: efer %x cr0 %x cpuid 80000001 edx %x", names[i], seen[i].efer, seen[i].cr0, seen[i].features);
        // Paging goes on with LME and without PAE: #GP.
        write_cr4(read_cr4() & ~cr4_pae);
        probe("lme", {0x100, 0, msr_efer, 0}, NADIR_INSTRUCTION("wrmsr"));
        const u32 cr0 = read_cr0();
        probe("pg without pae", {cr0 | cr0_pg, 0, 0, 0}, NADIR_INSTRUCTION("movl %%eax, %%cr0"));
        probe("pg and ne without pae", {(cr0 ^ cr0_ne) | cr0_pg, 0, 0, 0}, NADIR_INSTRUCTION("movl %%eax, %%cr0"));
        line("cr0 %s", read_cr0() == cr0 ? "as before" : "changed");
        probe("lme off", {0, 0, msr_efer, 0}, NADIR_INSTRUCTION("wrmsr"));
        run_real(low_offset(low_cpuid), {0x8000'0001, 0, 0, 0}, flags_fixed);
        line("real mode: cpuid 80000001 edx %x", last.edx);
    }
}

} // namespace nadir::modes
