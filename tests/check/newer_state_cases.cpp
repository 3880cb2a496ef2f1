// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What breaks the rules on state that newer processors have, and on the MSR-load list.
#include "tests/check/entry_cases.h"

namespace nadir::test {

using namespace arch::vmcs;

namespace {

constexpr std::uint64_t list = 0x8000;

// The list's last entry is the one given; what lies before it is in order.
void load_msr(State& s, std::uint32_t index, std::uint64_t value, std::uint32_t reserved = 0) {
    s.set(entry_msr_load_address.encoding, list);
    s.set(entry_msr_load_count.encoding, 2);
    const std::uint32_t words[] = {0xC000'0081,
                                   0,
                                   0x10,
                                   0x23'0008,
                                   index,
                                   reserved,
                                   static_cast<std::uint32_t>(value),
                                   static_cast<std::uint32_t>(value >> 32)};
    for (std::uint64_t i = 0; i < std::size(words); ++i) {
        s.memory[list + 4 * i] = words[i];
    }
}

void load_host_fred(State& s) {
    s.exit(1u << 31);
    s.set(secondary_exit_controls.encoding, 2);
}

constexpr std::uint32_t load_fred = 1u << 23;

} // namespace

std::vector<Case> msr_list_cases() {
    return {
        {"msr-load.reserved", [](State& s) { load_msr(s, 0x174, 0, 1); }},
        {"msr-load.segment-base", [](State& s) { load_msr(s, 0xC000'0100, 0); }},
        {"msr-load.segment-base", [](State& s) { load_msr(s, 0xC000'0101, 0); }},
        {"msr-load.x2apic", [](State& s) { load_msr(s, 0x808, 0); }},
        {"msr-load.x2apic", [](State& s) { load_msr(s, 0x8FF, 0); }},
        {"msr-load.smm", [](State& s) { load_msr(s, 0x9B, 0); }},
        {"msr-load.microcode", [](State& s) { load_msr(s, 0x79, 0); }},
        {"msr-load.microcode", [](State& s) { load_msr(s, 0x8B, 0); }},
        {"msr-load.read-only", [](State& s) { load_msr(s, 0x480, 0); }},
        {"msr-load.read-only", [](State& s) { load_msr(s, 0x493, 0); }},
        {"msr-load.read-only", [](State& s) { load_msr(s, 0xFE, 0); }},
        {"msr-load.efer", [](State& s) { load_msr(s, 0xC000'0080, 0xD03); }},
        {"msr-load.efer", [](State& s) { load_msr(s, 0xC000'0080, 0x801); }},
        {"msr-load.pat", [](State& s) { load_msr(s, 0x277, 0x0007'0406'0007'0402); }},
        {"msr-load.canonical", [](State& s) { load_msr(s, 0xC000'0082, not_canonical); }},
        {"msr-load.canonical", [](State& s) { load_msr(s, 0x175, not_canonical); }},
        {"msr-load.tsc-aux", [](State& s) { load_msr(s, 0xC000'0103, 1ull << 32); }},
    };
}

std::vector<Case> newer_state_cases() {
    return {
        {"guest.rtit-ctl",
         [](State& s) {
             s.entry(1u << 18);
             s.set(guest_rtit_ctl.encoding, 1ull << 18);
         }},
        {"guest.lbr-ctl",
         [](State& s) {
             s.entry(1u << 21);
             s.set(guest_lbr_ctl.encoding, 1u << 4);
         }},
        {"guest.uinv",
         [](State& s) {
             s.entry(1u << 19);
             s.set(guest_uinv.encoding, 0x100);
         }},
        {"guest.fred.config",
         [](State& s) {
             s.entry(load_fred);
             s.set(guest_fred_config.encoding, 1u << 2);
         }},
        {"guest.fred.config",
         [](State& s) {
             s.entry(load_fred);
             s.set(guest_fred_config.encoding, not_canonical);
         }},
        {"guest.fred.rsp",
         [](State& s) {
             s.entry(load_fred);
             s.set(guest_fred_rsp3.encoding, 0x1020);
         }},
        {"guest.fred.ssp",
         [](State& s) {
             s.entry(load_fred);
             s.set(guest_fred_ssp1.encoding, 0x1004);
         }},
        {"host.fred.config",
         [](State& s) {
             load_host_fred(s);
             s.set(host_fred_config.encoding, 1u << 11);
         }},
        {"host.fred.rsp",
         [](State& s) {
             load_host_fred(s);
             s.set(host_fred_rsp1.encoding, not_canonical);
         }},
        {"host.fred.ssp",
         [](State& s) {
             load_host_fred(s);
             s.set(host_fred_ssp2.encoding, 2);
         }},
        {"control.hlat-pointer",
         [](State& s) {
             s.tertiary(1u << 1);
             s.set(hlat_pointer.encoding, 0x20);
         }},
        {"control.hlat-pointer",
         [](State& s) {
             s.tertiary(1u << 1);
             s.set(hlat_pointer.encoding, high);
         }},
        {"control.pid-pointer-table",
         [](State& s) {
             s.primary(1u << 21);
             s.tertiary(1u << 4);
             s.set(pid_pointer_table_address.encoding, 0x9004);
         }},
        {"control.pid-pointer-table",
         [](State& s) {
             s.primary(1u << 21);
             s.tertiary(1u << 4);
             s.set(pid_pointer_table_address.encoding, (1ull << 39) - 16);
             s.set(last_pid_pointer_index.encoding, 2);
         }},
    };
}

} // namespace nadir::test
