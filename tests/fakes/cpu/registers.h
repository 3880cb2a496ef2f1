// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Stands for cpu/registers.h.
#pragma once

#include <cstdint>

#include "arch/control_registers.h"
#include "arch/debug_registers.h"
#include "arch/rflags.h"
#include "arch/segments.h"

namespace nadir::cpu {

arch::Cr0 read_cr0();
uint64_t read_cr2();
uint64_t read_cr8();
arch::Cr3 read_cr3();
arch::Cr4 read_cr4();
void write_cr0(arch::Cr0 v);
void write_cr2(uint64_t v);
void write_cr3(arch::Cr3 v);
void write_cr4(arch::Cr4 v);

arch::Dr7 read_dr7();
void write_dr7(arch::Dr7 v);
arch::Dr6 read_dr6();
void write_dr6(uint64_t v);
uint64_t read_debug_register(unsigned number);
void clear_breakpoint_addresses();
arch::BreakpointAddresses read_breakpoint_addresses();
arch::Rflags read_rflags();

arch::Selector read_cs();
arch::Selector read_ss();
arch::Selector read_ds();
arch::Selector read_es();
arch::Selector read_fs();
arch::Selector read_gs();
arch::Selector read_tr();
arch::Selector read_ldtr();
arch::DescriptorTableRegister read_gdtr();
arch::DescriptorTableRegister read_idtr();

} // namespace nadir::cpu
