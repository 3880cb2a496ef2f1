// SPDX-License-Identifier: MIT OR GPL-2.0-only
// CS, SS, DS, ES, FS and GS in virtual-8086 mode. [SDM3 "Checks on Guest Segment Registers"]
#include "check/entry/groups.h"
#include "check/entry/rules/segment.h"

namespace nadir::check {

namespace {

using namespace arch::vmcs;

constexpr std::uint32_t virtual_8086_rights = 0xF3;

template <Segment segment>
Breach wrong_base(const EntryContext& c) {
    return Breach::when(c.virtual_8086() && segment_base(c, segment) != std::uint64_t{selector(c, segment).value} << 4);
}

template <Segment segment>
Breach wrong_limit(const EntryContext& c) {
    return Breach::when(c.virtual_8086() && limit(c, segment) != 0xFFFF);
}

template <Segment segment>
Breach wrong_rights(const EntryContext& c) {
    return Breach::of_bits(c.virtual_8086() ? rights(c, segment).value ^ virtual_8086_rights : 0);
}

#define NADIR_SEGMENT(name)                                                                                            \
    {"guest.v86." #name ".base", "in virtual-8086 mode the base is the selector times 16",                             \
     "RFLAGS.VM is 1: if the guest isn't in virtual-8086 mode, that is the mistake",                                   \
     fields(guest_##name##_base, guest_##name##_selector), &wrong_base<Segment::name>},                                \
        {"guest.v86." #name ".limit", "in virtual-8086 mode the limit is FFFFH",                                       \
         "RFLAGS.VM is 1: if the guest isn't in virtual-8086 mode, that is the mistake", fields(guest_##name##_limit), \
         &wrong_limit<Segment::name>},                                                                                 \
    {                                                                                                                  \
        "guest.v86." #name ".rights", "in virtual-8086 mode the access rights are F3H",                                \
            "Also real mode by virtual-8086 mode has F3H; an unrestricted guest in real mode has 93H",                 \
            fields(guest_##name##_access_rights), &wrong_rights<Segment::name>                                         \
    }

constexpr EntryRule rules[] = {
    NADIR_SEGMENT(es), NADIR_SEGMENT(cs), NADIR_SEGMENT(ss), NADIR_SEGMENT(ds), NADIR_SEGMENT(fs), NADIR_SEGMENT(gs),
};

#undef NADIR_SEGMENT

} // namespace

std::span<const EntryRule> guest_virtual_8086_rules() { return rules; }

} // namespace nadir::check
