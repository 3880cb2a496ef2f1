// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/task/load_segments.h"

#include <type_traits>

#include "arch/vmx/fields.h"
#include "cpu/vmx.h"

namespace nadir::core {

using namespace arch;
using cpu::vmread;
using cpu::vmwrite;

namespace {

struct SegmentFields {
    std::remove_const_t<decltype(vmcs::guest_es_selector)> selector;
    std::remove_const_t<decltype(vmcs::guest_es_base)> base;
    std::remove_const_t<decltype(vmcs::guest_es_limit)> limit;
    std::remove_const_t<decltype(vmcs::guest_es_access_rights)> rights;
};

#define NADIR_SEGMENT_FIELDS(name)                                                                                     \
    constexpr SegmentFields name {                                                                                     \
        vmcs::guest_##name##_selector, vmcs::guest_##name##_base, vmcs::guest_##name##_limit,                          \
            vmcs::guest_##name##_access_rights                                                                         \
    }
NADIR_SEGMENT_FIELDS(es);
NADIR_SEGMENT_FIELDS(cs);
NADIR_SEGMENT_FIELDS(ss);
NADIR_SEGMENT_FIELDS(ds);
NADIR_SEGMENT_FIELDS(fs);
NADIR_SEGMENT_FIELDS(gs);
NADIR_SEGMENT_FIELDS(ldtr);
#undef NADIR_SEGMENT_FIELDS

constexpr uint32_t limit_64k = 0xFFFF;
constexpr uint8_t user_level = 3;

void set(const SegmentFields& segment, Selector selector, uint32_t base, uint32_t limit, AccessRights rights) {
    vmwrite(segment.selector, selector);
    vmwrite(segment.base, base);
    vmwrite(segment.limit, limit);
    vmwrite(segment.rights, rights);
}

void set_unusable(const SegmentFields& segment, Selector selector, uint8_t dpl = 0) {
    set(segment, selector, 0, 0, AccessRights::none().set_dpl(dpl));
}

// [SDM3 "Checks on Guest Segment Registers"]: the only values with RFLAGS.VM.
void set_virtual_8086(const SegmentFields& segment, Selector selector) {
    const AccessRights rights = AccessRights{}
                                    .set_type(segment_type::writable | segment_type::accessed)
                                    .set_s(true)
                                    .set_dpl(user_level)
                                    .set_p(true);
    set(segment, selector, uint32_t{selector.value} << 4, limit_64k, rights);
}

// Before any descriptor was looked at. A stack segment that can't be loaded must make the exception's delivery switch stacks, so
// the privilege level is 3 until the stack is there: in SS, and in the selector of CS, from which Bochs takes it. CS can't be
// unusable; nothing is fetched through this one, and as a conforming segment its own level may be lower.
void begin_protected(const TaskState& task) {
    const AccessRights code =
        AccessRights{}
            .set_type(segment_type::code | segment_type::conforming | segment_type::readable | segment_type::accessed)
            .set_s(true)
            .set_dpl(task.cs.rpl())
            .set_p(true);
    set(cs, Selector{task.cs}.set_rpl(user_level), 0, limit_64k, code);
    set_unusable(ss, task.ss, user_level);
    set_unusable(ds, task.ds);
    set_unusable(es, task.es);
    set_unusable(fs, task.fs);
    set_unusable(gs, task.gs);
}

void load_virtual_8086(const TaskState& task) {
    set_virtual_8086(cs, task.cs);
    set_virtual_8086(ss, task.ss);
    set_virtual_8086(ds, task.ds);
    set_virtual_8086(es, task.es);
    set_virtual_8086(fs, task.fs);
    set_virtual_8086(gs, task.gs);
}

// The error code is the selector without its privilege level.
GuestFault fault_with(Vector vector, Selector selector) { return {vector, selector.set_rpl(0).value, 0}; }

GuestFault invalid_tss(Selector selector) { return fault_with(Vector::invalid_tss, selector); }

struct Fetched {
    SegmentDescriptor descriptor;
    uint32_t address;

    bool is_code() const { return (descriptor.type() & segment_type::code) != 0; }
    bool is_conforming() const { return is_code() && (descriptor.type() & segment_type::conforming) != 0; }
    bool is_readable() const { return !is_code() || (descriptor.type() & segment_type::readable) != 0; }
    bool is_writable() const { return !is_code() && (descriptor.type() & segment_type::writable) != 0; }
};

MaybeFault fetch(const GuestLinear& guest, Selector selector, Fetched& fetched) {
    uint64_t base = vmread(vmcs::guest_gdtr_base);
    uint32_t limit = vmread(vmcs::guest_gdtr_limit);
    if (selector.ti()) {
        if (vmread(vmcs::guest_ldtr_access_rights).unusable()) {
            return invalid_tss(selector);
        }
        base = vmread(vmcs::guest_ldtr_base);
        limit = vmread(vmcs::guest_ldtr_limit);
    }
    if (uint32_t{selector.offset()} + sizeof(SegmentDescriptor) - 1 > limit) {
        return invalid_tss(selector);
    }
    fetched.address = static_cast<uint32_t>(base) + selector.offset();
    return guest.read(fetched.address, &fetched.descriptor.value, sizeof fetched.descriptor.value);
}

// All checks passed: the segment is accessed, in memory and in the register.
MaybeFault accept(const GuestLinear& guest, const SegmentFields& segment, Selector selector, Fetched& fetched) {
    constexpr uint32_t type_byte = 5;
    const uint8_t type = fetched.descriptor.type();
    if ((type & segment_type::accessed) == 0) {
        if (const MaybeFault fault = guest.set_bits(fetched.address + type_byte, segment_type::accessed)) {
            return fault;
        }
        fetched.descriptor.set_type(type | segment_type::accessed);
    }
    set(segment, selector, fetched.descriptor.base(), fetched.descriptor.limit(), fetched.descriptor.access_rights());
    return std::nullopt;
}

MaybeFault load_ldtr(const GuestLinear& guest, Selector selector) {
    set_unusable(ldtr, selector);
    if (selector.ti()) {
        return invalid_tss(selector);
    }
    if (selector.null()) {
        return std::nullopt;
    }
    Fetched fetched{};
    if (const MaybeFault fault = fetch(guest, selector, fetched)) {
        return fault;
    }
    const SegmentDescriptor d = fetched.descriptor;
    if (d.s() || d.type() != segment_type::ldt || !d.p()) {
        return invalid_tss(selector);
    }
    set(ldtr, selector, d.base(), d.limit(), d.access_rights());
    return std::nullopt;
}

MaybeFault load_stack(const GuestLinear& guest, const TaskState& task) {
    if (task.ss.null()) {
        return invalid_tss(task.ss);
    }
    Fetched fetched{};
    if (const MaybeFault fault = fetch(guest, task.ss, fetched)) {
        return fault;
    }
    const SegmentDescriptor d = fetched.descriptor;
    if (!d.s() || !fetched.is_writable()) {
        return invalid_tss(task.ss);
    }
    if (!d.p()) {
        return fault_with(Vector::stack_fault, task.ss);
    }
    if (d.dpl() != task.cs.rpl() || d.dpl() != task.ss.rpl()) {
        return invalid_tss(task.ss);
    }
    return accept(guest, ss, task.ss, fetched);
}

MaybeFault load_data(const GuestLinear& guest, const SegmentFields& segment, Selector selector, uint8_t cpl) {
    if (selector.null()) {
        return std::nullopt;
    }
    Fetched fetched{};
    if (const MaybeFault fault = fetch(guest, selector, fetched)) {
        return fault;
    }
    const SegmentDescriptor d = fetched.descriptor;
    if (!d.s() || !fetched.is_readable()) {
        return invalid_tss(selector);
    }
    if (!fetched.is_conforming() && (selector.rpl() > d.dpl() || cpl > d.dpl())) {
        return invalid_tss(selector);
    }
    if (!d.p()) {
        return fault_with(Vector::segment_not_present, selector);
    }
    return accept(guest, segment, selector, fetched);
}

MaybeFault load_code(const GuestLinear& guest, const TaskState& task) {
    if (task.cs.null()) {
        return invalid_tss(task.cs);
    }
    Fetched fetched{};
    if (const MaybeFault fault = fetch(guest, task.cs, fetched)) {
        return fault;
    }
    const SegmentDescriptor d = fetched.descriptor;
    if (!d.s() || !fetched.is_code()) {
        return invalid_tss(task.cs);
    }
    if (fetched.is_conforming() ? d.dpl() > task.cs.rpl() : d.dpl() != task.cs.rpl()) {
        return invalid_tss(task.cs);
    }
    if (!d.p()) {
        return fault_with(Vector::segment_not_present, task.cs);
    }
    return accept(guest, cs, task.cs, fetched);
}

} // namespace

MaybeFault load_task_segments(const GuestLinear& guest, const TaskState& task) {
    const bool virtual_8086 = vmread(vmcs::guest_rflags).vm();
    if (virtual_8086) {
        load_virtual_8086(task);
    } else {
        begin_protected(task);
    }
    if (const MaybeFault fault = load_ldtr(guest, task.ldtr); fault || virtual_8086) {
        return fault;
    }
    if (const MaybeFault fault = load_stack(guest, task)) {
        return fault;
    }
    vmwrite(cs.selector, task.cs);
    const struct {
        const SegmentFields& fields;
        Selector selector;
    } data[] = {{ds, task.ds}, {es, task.es}, {fs, task.fs}, {gs, task.gs}};
    for (const auto& segment : data) {
        if (const MaybeFault fault = load_data(guest, segment.fields, segment.selector, task.cs.rpl())) {
            return fault;
        }
    }
    return load_code(guest, task);
}

} // namespace nadir::core
