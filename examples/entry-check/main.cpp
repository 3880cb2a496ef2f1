// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What a hypervisor does when its VMLAUNCH fails: it shows its VMCS to the rules, and prints what they say. Here the VMCS
// is a handful of fields by hand; a hypervisor would execute VMREAD in read_field instead.
#include "check/entry/check_entry.h"

#include <cstdio>
#include <map>

namespace {

namespace vmcs = nadir::arch::vmcs;
using nadir::check::EntryReport;
using nadir::check::Violation;
using nadir::check::VmcsView;

using Fields = std::map<std::uint32_t, std::uint64_t>;

// 64-bit code with an RFLAGS of 0 and a base of GS that was cut off: two frequent mistakes.
const Fields fields = {
    {vmcs::primary_controls.encoding, 0x0401'E172},
    {vmcs::entry_controls.encoding, 0x13FF}, // "IA-32e mode guest"
    {vmcs::guest_cs_access_rights.encoding, 0xA09B},
    {vmcs::guest_rip.encoding, 0xFFFF'8000'0010'0000},
    {vmcs::guest_rflags.encoding, 0},
    {vmcs::guest_gs_base.encoding, 0x0000'FFFF'8000'0000},
    {vmcs::guest_gs_access_rights.encoding, 0xC093},
};

// The answer is false for a field that isn't known: rules that need it are counted as not checked, never guessed.
bool read_field(const void* context, std::uint32_t encoding, std::uint64_t& value) {
    const Fields& known = *static_cast<const Fields*>(context);
    const auto found = known.find(encoding);
    if (found == known.end()) {
        return false;
    }
    value = found->second;
    return true;
}

// A hypervisor fills this from CPUID and the capability MSRs: arch/capability_reading.h does it, given a reader.
nadir::arch::Capabilities capabilities() {
    nadir::arch::Capabilities caps{};
    caps.layout = nadir::arch::Capabilities::current_layout;
    caps.leaf_80000008.eax = 48 << 8 | 39; // linear-address and physical-address bits
    return caps;
}

} // namespace

int main() {
    const VmcsView view{&read_field, &fields};
    EntryReport report;
    // Without a reader of physical memory: rules on what lies in memory are not checked.
    nadir::check::check_entry(view, capabilities(), nullptr, report);

    for (const Violation& violation : report.all()) {
        char words[800];
        nadir::check::describe(violation, view, words);
        std::printf("%.*s: %s\n", static_cast<int>(violation.rule->identifier.size()),
                    violation.rule->identifier.data(), words);
    }
    const std::string_view outcome = nadir::check::outcome_words(report.outcome);
    std::printf("%u rules broken, %u not checked: %.*s.\n", report.count, report.unchecked,
                static_cast<int>(outcome.size()), outcome.data());
    return report.count == 0 ? 0 : 1;
}
