// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tests/nt/image/pageable.h"

#include "tests/nt/image/image.h"
#include "tests/nt/kernel/violation.h"

namespace nadir::nt {

namespace {

constexpr u64 error_present = 1;
constexpr u64 error_write = 2;
constexpr u64 error_fetch = 16;
constexpr u64 dr6_single_step = 1u << 14;
constexpr u64 dr6_nothing = 0xFFFF'0FF0;

void show(Cpu& self, bool present) {
    self.pageable_open = present;
    for (u32 i = 0; i < image().section_count; ++i)
        if (image().sections[i].kind == SectionKind::pageable)
            protect_section(self, image().sections[i], present);
}

void require_pageable_allowed(const bare::InterruptFrame& frame, const LoadedSection& section, const char* what) {
    if (irql() >= dispatch_level)
        violation(rule::paged, frame.rip, "%s of pageable section %s at IRQL %u", what, section.name, irql());
    if ((frame.rflags & bare::rflags_if) == 0)
        violation(rule::paged, frame.rip, "%s of pageable section %s with interrupts off", what, section.name);
}

} // namespace

bool open_pageable(Cpu& self, bare::InterruptFrame& frame) {
    const u64 address = bare::read_cr2();
    const LoadedSection* section = find_section(address);
    if (section == nullptr || section->kind != SectionKind::pageable || (frame.error_code & error_present) != 0)
        return false;
    require_pageable_allowed(frame, *section, (frame.error_code & error_fetch) != 0 ? "execution" : "use");
    show(self, true);
    frame.rflags |= bare::rflags_tf;
    bare::write_cr2(0); // so that comparisons of a processor's state don't see this
    return true;
}

bool step_pageable(Cpu& self, bare::InterruptFrame& frame) {
    if ((bare::read_dr6() & dr6_single_step) == 0)
        return false;
    bare::write_dr6(dr6_nothing);
    const LoadedSection* section = find_section(frame.rip);
    if (section != nullptr && section->kind == SectionKind::pageable && self.pageable_open) {
        require_pageable_allowed(frame, *section, "execution");
        return true;
    }
    close_pageable(self);
    frame.rflags &= ~bare::rflags_tf;
    return true;
}

void close_pageable(Cpu& self) {
    if (self.pageable_open)
        show(self, false);
}

void page_fault_violation(const bare::InterruptFrame& frame) {
    const u64 address = bare::read_cr2();
    const char* what = (frame.error_code & error_fetch) != 0   ? "execution"
                       : (frame.error_code & error_write) != 0 ? "write"
                                                               : "read";
    if (const LoadedSection* section = find_section(address)) {
        if (section->kind == SectionKind::discarded)
            violation(rule::init, frame.rip, "%s of %llx in %s, which was discarded after DriverEntry", what, address,
                      section->name);
        violation(rule::access, frame.rip, "%s of %llx in section %s, which doesn't allow it (error code %llx)", what,
                  address, section->name, frame.error_code);
    }
    violation(rule::access, frame.rip, "%s of %llx, which is not mapped or doesn't allow it (error code %llx)", what,
              address, frame.error_code);
}

} // namespace nadir::nt
