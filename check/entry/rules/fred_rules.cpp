// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The FRED MSRs of host and guest: what WRMSR would refuse is refused here as well. [SDM3 "Checks on Host Control
// Registers, MSRs, and SSP"] [SDM3 "Checks on Guest Control Registers, Debug Registers, and MSRs"]
#include "check/entry/groups.h"

namespace nadir::check {

namespace {

using namespace arch::vmcs;

bool host_loads(const EntryContext& c) { return c.secondary_exit().load_fred(); }
bool guest_loads(const EntryContext& c) { return c.entry().load_fred(); }

Breach refused(const EntryContext& c, std::uint64_t value, std::uint64_t reserved) {
    return {(value & reserved) != 0 || !c.canonical(value), value & reserved};
}

// Of one of three stack pointers that lie behind each other in the VMCS.
template <std::uint32_t first, std::uint64_t reserved, bool (*loads)(const EntryContext&)>
Breach refused_pointer(const EntryContext& c) {
    if (!loads(c)) {
        return {};
    }
    for (std::uint32_t number = 0; number < 3; ++number) {
        const Breach breach = refused(c, c.raw(first + 2 * number), reserved);
        if (breach.broken) {
            return Breach::when(true);
        }
    }
    return {};
}

constexpr std::uint64_t config_reserved = arch::FredConfig::reserved_mask;
constexpr std::uint64_t below_64 = 0x3F;
constexpr std::uint64_t below_8 = 0x7;

constexpr std::string_view config_words =
    "with \"load FRED\", IA32_FRED_CONFIG has a canonical entry point and no reserved bit (2, 5:4, 11)";
constexpr std::string_view rsp_words = "with \"load FRED\", IA32_FRED_RSP1 to RSP3 are canonical and 64-byte aligned";
constexpr std::string_view ssp_words = "with \"load FRED\", IA32_FRED_SSP1 to SSP3 are canonical and 8-byte aligned";

constexpr EntryRule host_rules[] = {
    {"host.fred.config", config_words, "Write what RDMSR of IA32_FRED_CONFIG returns",
     fields(host_fred_config, secondary_exit_controls),
     [](const EntryContext& c) {
         return host_loads(c) ? refused(c, c.get(host_fred_config).value, config_reserved) : Breach{};
     }},
    {"host.fred.rsp", rsp_words, "Write what RDMSR returns of each",
     fields(host_fred_rsp1, host_fred_rsp2, host_fred_rsp3, secondary_exit_controls),
     &refused_pointer<host_fred_rsp1.encoding, below_64, &host_loads>},
    {"host.fred.ssp", ssp_words, "Write what RDMSR returns of each",
     fields(host_fred_ssp1, host_fred_ssp2, host_fred_ssp3, secondary_exit_controls),
     &refused_pointer<host_fred_ssp1.encoding, below_8, &host_loads>},
};

constexpr EntryRule guest_rules[] = {
    {"guest.fred.config", config_words, "Write what RDMSR of IA32_FRED_CONFIG returns, or what the guest wrote there",
     fields(guest_fred_config, entry_controls),
     [](const EntryContext& c) {
         return guest_loads(c) ? refused(c, c.get(guest_fred_config).value, config_reserved) : Breach{};
     }},
    {"guest.fred.rsp", rsp_words, "A stack pointer has to be rounded down to 64 bytes",
     fields(guest_fred_rsp1, guest_fred_rsp2, guest_fred_rsp3, entry_controls),
     &refused_pointer<guest_fred_rsp1.encoding, below_64, &guest_loads>},
    {"guest.fred.ssp", ssp_words, "A shadow-stack pointer has to be rounded down to 8 bytes",
     fields(guest_fred_ssp1, guest_fred_ssp2, guest_fred_ssp3, entry_controls),
     &refused_pointer<guest_fred_ssp1.encoding, below_8, &guest_loads>},
};

static_assert(host_fred_rsp3.encoding == host_fred_rsp1.encoding + 4);
static_assert(host_fred_ssp3.encoding == host_fred_ssp1.encoding + 4);
static_assert(guest_fred_rsp3.encoding == guest_fred_rsp1.encoding + 4);
static_assert(guest_fred_ssp3.encoding == guest_fred_ssp1.encoding + 4);

} // namespace

std::span<const EntryRule> host_fred_rules() { return host_rules; }
std::span<const EntryRule> guest_fred_rules() { return guest_rules; }

} // namespace nadir::check
