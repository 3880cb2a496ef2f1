// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// Every field of the VMCS, typed by width and by what it holds. [SDM3 Appendix "Field Encoding in VMCS"]
// The fields themselves are in arch/vmx/fields.inc; arch/vmx/field_table.h makes a table of them.
//
//     template <FieldWidth W, typename V> V vmread(VmcsField<W, V> field);
//     Cr0 cr0 = vmread(vmcs::guest_cr0);
#pragma once

#include "arch/control_registers.h"
#include "arch/debug_registers.h"
#include "arch/msr/cet.h"
#include "arch/msr/debugctl.h"
#include "arch/msr/efer.h"
#include "arch/msr/fred.h"
#include "arch/msr/lbr.h"
#include "arch/msr/pat.h"
#include "arch/msr/perf_global.h"
#include "arch/msr/pkrs.h"
#include "arch/msr/rtit.h"
#include "arch/msr/speculation.h"
#include "arch/msr/xstate.h"
#include "arch/paging.h"
#include "arch/rflags.h"
#include "arch/segments.h"
#include "arch/vmx/controls.h"
#include "arch/vmx/ept.h"
#include "arch/vmx/exit_reason.h"
#include "arch/vmx/field_encoding.h"
#include "arch/vmx/guest_interrupt_status.h"
#include "arch/vmx/instruction_error.h"
#include "arch/vmx/interruption.h"
#include "arch/vmx/structures.h"

namespace nadir::arch::vmcs {

#define NADIR_VMCS_FIELD(name, encoding, type)                                                                         \
    inline constexpr VmcsField<FieldEncoding{encoding}.width(), type> name{encoding};
#define NADIR_VMCS_PLAIN(name, encoding, words)                                                                        \
    NADIR_VMCS_FIELD(name, encoding, RawOf<FieldEncoding{encoding}.width()>::type)
#include "arch/vmx/fields.inc"
#undef NADIR_VMCS_PLAIN
#undef NADIR_VMCS_FIELD

} // namespace nadir::arch::vmcs
