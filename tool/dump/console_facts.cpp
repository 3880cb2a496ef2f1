// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/dump/console_facts.h"

#include "arch/vmx/fields.h"

#include <fmt/format.h>

namespace nadir::tool {

namespace {

using namespace arch::vmcs;

bool known(const Dump& dump, std::uint32_t encoding) {
    std::uint64_t value = 0;
    return dump.vmcs.get(encoding, value);
}

bool has(const ConsoleFacts& facts, DumpSection section) {
    return (facts.sections & 1u << static_cast<unsigned>(section)) != 0;
}

// Newer kernels print an MSR list exactly where its count isn't 0, with all of its entries.
void derive_count(Dump& dump, const ConsoleFacts& facts, std::uint32_t field, std::string_view list) {
    for (const auto& [name, entries] : facts.lists) {
        if (name == list) {
            dump.derive(field, entries, fmt::format("the dump lists {} entries of \"MSR {}\"", entries, list));
            return;
        }
    }
    dump.derive(field, 0, fmt::format("this kernel would have printed \"MSR {}\"", list));
}

} // namespace

std::string where_cut_off(const Dump& dump, DumpSection section, unsigned last_line) {
    const bool whole = section == DumpSection::control && known(dump, idt_vectoring_information.encoding);
    return whole ? std::string{}
                 : fmt::format("it ends in its {} section, at line {}: what comes after was cut off", name_of(section),
                               last_line);
}

void derive_facts(Dump& dump, const ConsoleFacts& facts) {
    if (facts.efer_elsewhere) {
        dump.notes.emplace_back(
            "the EFER in the dump is not the VMCS field: KVM and Xen print the value of the MSR-load list, "
            "or the effective one, where \"load IA32_EFER\" is 0");
    }
    // The lists are printed as the last thing of the guest's and the host's section.
    if (dump.format != DumpFormat::kvm || !(facts.last_attempted_line || facts.tertiary_line) ||
        !dump.truncated.empty()) {
        return;
    }
    if (has(facts, DumpSection::host) && known(dump, guest_interruptibility.encoding)) {
        derive_count(dump, facts, entry_msr_load_count.encoding, "guest autoload");
        derive_count(dump, facts, exit_msr_store_count.encoding, "guest autostore");
    }
    if (has(facts, DumpSection::control) && known(dump, host_sysenter_eip.encoding)) {
        derive_count(dump, facts, exit_msr_load_count.encoding, "host autoload");
    }
}

} // namespace nadir::tool
