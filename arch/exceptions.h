// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// Exceptions and their vectors. [SDM3 "Exception and Interrupt Reference"]
#pragma once

#include "arch/register.h"

namespace nadir::arch {

enum class Vector : std::uint8_t {
    divide_error = 0,
    debug = 1,
    nmi = 2,
    breakpoint = 3,
    overflow = 4,
    bound_range = 5,
    invalid_opcode = 6,
    device_not_available = 7,
    double_fault = 8,
    coprocessor_segment_overrun = 9,
    invalid_tss = 10,
    segment_not_present = 11,
    stack_fault = 12,
    general_protection = 13,
    page_fault = 14,
    x87_error = 16,
    alignment_check = 17,
    machine_check = 18,
    simd_error = 19,
    virtualization_exception = 20,
    control_protection = 21,
};

constexpr std::string_view name_of(Vector vector) {
    switch (vector) {
    case Vector::divide_error: return "#DE";
    case Vector::debug: return "#DB";
    case Vector::nmi: return "NMI";
    case Vector::breakpoint: return "#BP";
    case Vector::overflow: return "#OF";
    case Vector::bound_range: return "#BR";
    case Vector::invalid_opcode: return "#UD";
    case Vector::device_not_available: return "#NM";
    case Vector::double_fault: return "#DF";
    case Vector::coprocessor_segment_overrun: return "coprocessor segment overrun";
    case Vector::invalid_tss: return "#TS";
    case Vector::segment_not_present: return "#NP";
    case Vector::stack_fault: return "#SS";
    case Vector::general_protection: return "#GP";
    case Vector::page_fault: return "#PF";
    case Vector::x87_error: return "#MF";
    case Vector::alignment_check: return "#AC";
    case Vector::machine_check: return "#MC";
    case Vector::simd_error: return "#XM";
    case Vector::virtualization_exception: return "#VE";
    case Vector::control_protection: return "#CP";
    }
    return {};
}

// Does delivery in protected mode push an error code? (In real mode none is ever pushed.)
constexpr bool has_error_code(Vector vector) {
    switch (vector) {
    case Vector::double_fault:
    case Vector::invalid_tss:
    case Vector::segment_not_present:
    case Vector::stack_fault:
    case Vector::general_protection:
    case Vector::page_fault:
    case Vector::alignment_check:
    case Vector::control_protection: return true;
    default: return false;
    }
}

// Classes that decide what a second exception during delivery becomes. [SDM3 "Double Fault Exception (#DF)"]
constexpr bool is_contributory(Vector vector) {
    switch (vector) {
    case Vector::divide_error:
    case Vector::invalid_tss:
    case Vector::segment_not_present:
    case Vector::stack_fault:
    case Vector::general_protection:
    case Vector::control_protection: return true;
    default: return false;
    }
}
constexpr bool is_page_fault_class(Vector vector) {
    return vector == Vector::page_fault || vector == Vector::virtualization_exception;
}

struct PageFaultErrorCode : Register<PageFaultErrorCode, std::uint32_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_BIT(present, 0, "0: the page was not present; 1: a protection violation")
    NADIR_BIT(write, 1, "the access was a write")
    NADIR_BIT(user, 2, "the access was a user-mode access")
    NADIR_BIT(reserved_bit, 3, "a reserved bit was set in a paging-structure entry")
    NADIR_BIT(fetch, 4, "the access was an instruction fetch")
    NADIR_BIT(protection_key, 5, "protection keys forbade the access")
    NADIR_BIT(shadow_stack, 6, "the access was a shadow-stack access")
    NADIR_BIT(hlat, 7, "hypervisor-managed linear-address translation was used")
    NADIR_BIT(sgx, 15, "an SGX rule forbade the access")
};

// Error code of #TS, #NP, #SS, #GP when it names a selector.
struct SelectorErrorCode : Register<SelectorErrorCode, std::uint32_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_BIT(external, 0, "the event was external to the program")
    NADIR_BIT(idt, 1, "the index is a vector of the IDT")
    NADIR_BIT(table, 2, "0: GDT; 1: LDT (when not IDT)")
    NADIR_FIELD(std::uint16_t, index, 15, 3, "index of the descriptor or gate")
};

} // namespace nadir::arch
