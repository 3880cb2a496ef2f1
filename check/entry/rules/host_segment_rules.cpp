// SPDX-License-Identifier: MIT OR GPL-2.0-only
// [SDM3 "Checks on Host Segment and Descriptor-Table Registers"]
#include "check/entry/groups.h"

namespace nadir::check {

namespace {

using namespace arch::vmcs;

template <typename F>
Breach rpl_or_ti(const EntryContext& c, F field) {
    return Breach::of_bits(c.get(field).value & 7u);
}

template <typename F>
Breach not_canonical(const EntryContext& c, F field) {
    return Breach::when(!c.canonical(c.get(field)));
}

constexpr std::string_view selector_words = "RPL and TI of the selector are 0";
constexpr std::string_view selector_hint = "Mask the selector with F8H: a VM exit makes the segment flat anyway";

constexpr EntryRule rules[] = {
    {"host.es.selector", selector_words, selector_hint, fields(host_es_selector),
     [](const EntryContext& c) { return rpl_or_ti(c, host_es_selector); }},
    {"host.cs.selector", selector_words, selector_hint, fields(host_cs_selector),
     [](const EntryContext& c) { return rpl_or_ti(c, host_cs_selector); }},
    {"host.ss.selector", selector_words, selector_hint, fields(host_ss_selector),
     [](const EntryContext& c) { return rpl_or_ti(c, host_ss_selector); }},
    {"host.ds.selector", selector_words, selector_hint, fields(host_ds_selector),
     [](const EntryContext& c) { return rpl_or_ti(c, host_ds_selector); }},
    {"host.fs.selector", selector_words, selector_hint, fields(host_fs_selector),
     [](const EntryContext& c) { return rpl_or_ti(c, host_fs_selector); }},
    {"host.gs.selector", selector_words, selector_hint, fields(host_gs_selector),
     [](const EntryContext& c) { return rpl_or_ti(c, host_gs_selector); }},
    {"host.tr.selector", selector_words, selector_hint, fields(host_tr_selector),
     [](const EntryContext& c) { return rpl_or_ti(c, host_tr_selector); }},
    {"host.cs.null", "the host's CS selector is not 0", "Store the present CS", fields(host_cs_selector),
     [](const EntryContext& c) { return Breach::when(c.get(host_cs_selector).value == 0); }},
    {"host.tr.null", "the host's TR selector is not 0", "A boot loader's world has no TSS: make one",
     fields(host_tr_selector), [](const EntryContext& c) { return Breach::when(c.get(host_tr_selector).value == 0); }},
    {"host.ss.null", "the host's SS selector is not 0 without \"host address-space size\"",
     "Set bit 9 of the VM-exit controls, if the host is in 64-bit mode: then SS may be null",
     fields(host_ss_selector, exit_controls),
     [](const EntryContext& c) {
         return Breach::when(!c.exit().host_address_space_size() && c.get(host_ss_selector).value == 0);
     }},
    {"host.fs.base", "the base is canonical", "Write what RDMSR of IA32_FS_BASE returns", fields(host_fs_base),
     [](const EntryContext& c) { return not_canonical(c, host_fs_base); }},
    {"host.gs.base", "the base is canonical", "Write what RDMSR of IA32_GS_BASE returns", fields(host_gs_base),
     [](const EntryContext& c) { return not_canonical(c, host_gs_base); }},
    {"host.tr.base", "the base is canonical",
     "The descriptor of a 64-bit TSS has 16 bytes: bits 63:32 of the base are in its "
     "upper half",
     fields(host_tr_base), [](const EntryContext& c) { return not_canonical(c, host_tr_base); }},
    {"host.gdtr.base", "the base is canonical", "Store it by SGDT: the base is behind the 16-bit limit",
     fields(host_gdtr_base), [](const EntryContext& c) { return not_canonical(c, host_gdtr_base); }},
    {"host.idtr.base", "the base is canonical", "Store it by SIDT: the base is behind the 16-bit limit",
     fields(host_idtr_base), [](const EntryContext& c) { return not_canonical(c, host_idtr_base); }},
};

} // namespace

std::span<const EntryRule> host_segment_rules() { return rules; }

} // namespace nadir::check
