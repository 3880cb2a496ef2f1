// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/nested_fault.h"

#include "core/guest.h"
#include "cpu/registers.h"

namespace nadir::core {

using namespace arch;

namespace {

// Was it something that the program didn't ask for? Then EXT is set in the error code. [SDM3 "Error Code"]
bool is_external(InterruptionInformation event) {
    return event.valid() && event.type() != InterruptionType::software_interrupt &&
           event.type() != InterruptionType::software_exception;
}

} // namespace

Nested nested(InterruptionInformation first, Vector second) {
    if (!first.valid() || first.type() != InterruptionType::hardware_exception) {
        return Nested::the_fault;
    }
    const Vector vector{first.vector()};
    const bool second_counts = is_contributory(second) || is_page_fault_class(second);
    if (vector == Vector::double_fault) {
        return second_counts ? Nested::triple_fault : Nested::the_fault;
    }
    if (is_page_fault_class(vector) && second_counts) {
        return Nested::double_fault;
    }
    return is_contributory(vector) && is_contributory(second) ? Nested::double_fault : Nested::the_fault;
}

bool inject_nested(InterruptionInformation first, const GuestFault& fault) {
    if (is_page_fault_class(fault.vector)) {
        cpu::write_cr2(fault.address);
    }
    switch (nested(first, fault.vector)) {
    case Nested::triple_fault: return false;
    case Nested::double_fault: inject_fault(Vector::double_fault, 0); return true;
    case Nested::the_fault: break;
    }
    uint32_t code = fault.error_code;
    if (!is_page_fault_class(fault.vector) && is_external(first)) {
        code = SelectorErrorCode{code}.set_external(true).value;
    }
    inject_fault(fault.vector, code);
    return true;
}

} // namespace nadir::core
