// SPDX-License-Identifier: MIT OR GPL-2.0-only
// CS and SS outside virtual-8086 mode. [SDM3 "Checks on Guest Segment Registers"]
#include "check/entry/groups.h"
#include "check/entry/rules/segment.h"

namespace nadir::check {

namespace {

using namespace arch::vmcs;

constexpr std::uint8_t data_read_write = 3; // accessed; CS has it in real mode

bool conforming(std::uint8_t type) { return type == 13 || type == 15; }

constexpr EntryRule rules[] = {
    {"guest.cs.type", "CS is accessed code (type 9, 11, 13 or 15), or for an unrestricted guest also accessed data (3)",
     "Set the accessed bit: a descriptor that was never loaded may lack it",
     fields(guest_cs_access_rights, secondary_controls),
     [](const EntryContext& c) {
         const std::uint8_t type = rights(c, Segment::cs).type();
         const bool code = (type & 9) == 9;
         return Breach::when(judged(c, Segment::cs) && !code && !(type == data_read_write && c.unrestricted()));
     }},
    {"guest.cs.s", s_words, "Take the access rights from LAR, shifted right by 8, or from the descriptor's bits 55:40",
     fields(guest_cs_access_rights), &wrong_s<Segment::cs>},
    {"guest.cs.present", present_words,
     "Take the access rights from LAR, shifted right by 8, or from the descriptor's bits 55:40",
     fields(guest_cs_access_rights), &not_present<Segment::cs>},
    {"guest.cs.reserved", reserved_words, reserved_hint, fields(guest_cs_access_rights), &rights_reserved<Segment::cs>},
    {"guest.cs.granularity", granularity_words, granularity_hint, fields(guest_cs_limit, guest_cs_access_rights),
     &wrong_granularity<Segment::cs>},
    {"guest.cs.dpl.data", "CS of type 3 has DPL 0", "Real mode has 93H", fields(guest_cs_access_rights),
     [](const EntryContext& c) {
         const auto cs = rights(c, Segment::cs);
         return Breach::when(judged(c, Segment::cs) && cs.type() == data_read_write && cs.dpl() != 0);
     }},
    {"guest.cs.dpl.code", "CS of type 9 or 11 has the DPL of SS",
     "For code that doesn't conform, the DPL of CS is the CPL, as is that of SS",
     fields(guest_cs_access_rights, guest_ss_access_rights),
     [](const EntryContext& c) {
         const auto cs = rights(c, Segment::cs);
         return Breach::when(judged(c, Segment::cs) && (cs.type() == 9 || cs.type() == 11) &&
                             cs.dpl() != rights(c, Segment::ss).dpl());
     }},
    {"guest.cs.dpl.conforming", "CS of type 13 or 15 has at most the DPL of SS",
     "The DPL of SS is the CPL, and conforming code runs at its own DPL or further out",
     fields(guest_cs_access_rights, guest_ss_access_rights),
     [](const EntryContext& c) {
         const auto cs = rights(c, Segment::cs);
         return Breach::when(judged(c, Segment::cs) && conforming(cs.type()) &&
                             cs.dpl() > rights(c, Segment::ss).dpl());
     }},
    {"guest.cs.db", "a 64-bit CS (L = 1, \"IA-32e mode guest\") has D/B = 0",
     "Clear bit 14 for 64-bit code, or bit 13 for compatibility mode", fields(guest_cs_access_rights, entry_controls),
     [](const EntryContext& c) {
         const auto cs = rights(c, Segment::cs);
         return Breach::when(judged(c, Segment::cs) && c.ia32e() && cs.l() && cs.db());
     }},
    {"guest.cs.base", "bits 63:32 of the base of CS are 0", "Write 0 in 64-bit mode", fields(guest_cs_base),
     [](const EntryContext& c) {
         return Breach::of_bits(judged(c, Segment::cs) ? segment_base(c, Segment::cs) & ~base::low_mask(32) : 0);
     }},
    {"guest.ss.rpl", "the RPL of SS is that of CS, unless the guest is unrestricted", "Both RPLs are the CPL",
     fields(guest_ss_selector, guest_cs_selector, secondary_controls),
     [](const EntryContext& c) {
         return Breach::when(!c.virtual_8086() && !c.unrestricted() &&
                             selector(c, Segment::ss).rpl() != selector(c, Segment::cs).rpl());
     }},
    {"guest.ss.type", "SS is read/write, accessed data (type 3 or 7)",
     "A stack is writable data with the accessed bit: C093H, or make SS unusable (bit 16)",
     fields(guest_ss_access_rights),
     [](const EntryContext& c) {
         const std::uint8_t type = rights(c, Segment::ss).type();
         return Breach::when(judged(c, Segment::ss) && type != 3 && type != 7);
     }},
    {"guest.ss.s", s_words, "Take the access rights from LAR, shifted right by 8, or from the descriptor's bits 55:40",
     fields(guest_ss_access_rights), &wrong_s<Segment::ss>},
    {"guest.ss.present", present_words, "A null selector makes SS unusable: set bit 16 of its access rights",
     fields(guest_ss_access_rights), &not_present<Segment::ss>},
    {"guest.ss.reserved", reserved_words, reserved_hint, fields(guest_ss_access_rights), &rights_reserved<Segment::ss>},
    {"guest.ss.granularity", granularity_words, granularity_hint, fields(guest_ss_limit, guest_ss_access_rights),
     &wrong_granularity<Segment::ss>},
    {"guest.ss.dpl.rpl", "the DPL of SS is its RPL, unless the guest is unrestricted",
     "Also where SS is unusable: its DPL is the CPL",
     fields(guest_ss_access_rights, guest_ss_selector, secondary_controls),
     [](const EntryContext& c) {
         return Breach::when(!c.virtual_8086() && !c.unrestricted() &&
                             rights(c, Segment::ss).dpl() != selector(c, Segment::ss).rpl());
     }},
    {"guest.ss.dpl.real", "the DPL of SS is 0 in real mode and where CS has type 3", "Real mode has 93H",
     fields(guest_ss_access_rights, guest_cs_access_rights, guest_cr0),
     [](const EntryContext& c) {
         return Breach::when(!c.virtual_8086() &&
                             (rights(c, Segment::cs).type() == data_read_write || !c.get(guest_cr0).pe()) &&
                             rights(c, Segment::ss).dpl() != 0);
     }},
    {"guest.ss.base", "bits 63:32 of the base of SS are 0", "Write 0 in 64-bit mode", fields(guest_ss_base),
     [](const EntryContext& c) {
         return Breach::of_bits(judged(c, Segment::ss) ? segment_base(c, Segment::ss) & ~base::low_mask(32) : 0);
     }},
};

} // namespace

std::span<const EntryRule> guest_segment_rules() { return rules; }

} // namespace nadir::check
