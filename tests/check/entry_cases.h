// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What breaks a rule of VM entry: a state of guest, processor and memory that is fit, and for each rule a change to it.
#pragma once

#include "check/entry/check_entry.h"
#include "tests/check/example_vmcs.h"

#include <cstring>
#include <functional>
#include <gtest/gtest.h>
#include <map>
#include <string>
#include <vector>

namespace nadir::test {

using check::EntryReport;
using check::MemoryReader;
using Memory = std::map<std::uint64_t, std::uint32_t>; // physical address -> 32-bit word

inline MemoryReader reader_of(const Memory& memory) {
    return {[](const void* context, std::uint64_t address, void* to, std::uint32_t bytes) {
                const auto& words = *static_cast<const Memory*>(context);
                for (std::uint32_t offset = 0; offset < bytes; offset += 4) {
                    const auto found = words.find(address + offset);
                    const std::uint32_t word = found == words.end() ? 0 : found->second;
                    std::memcpy(static_cast<char*>(to) + offset, &word, 4);
                }
                return true;
            },
            &memory};
}

struct State {
    VmcsImage vmcs = vmcs_64();
    arch::Capabilities caps = generous_processor();
    Memory memory;

    EntryReport check() const {
        EntryReport report;
        const MemoryReader reader = reader_of(memory);
        check::check_entry(vmcs.view(), caps, &reader, report);
        return report;
    }
    void set(std::uint32_t encoding, std::uint64_t value) { ASSERT_TRUE(vmcs.set(encoding, value)); }
    void flip(std::uint32_t encoding, std::uint64_t bits) {
        std::uint64_t value = 0;
        vmcs.get(encoding, value);
        set(encoding, value ^ bits);
    }
    void secondary(std::uint32_t bits) {
        vmcs.set(arch::vmcs::secondary_controls,
                 arch::SecondaryControls{vmcs.get(arch::vmcs::secondary_controls).value | bits});
    }
    void tertiary(std::uint64_t bits) {
        vmcs.set(arch::vmcs::primary_controls, vmcs.get(arch::vmcs::primary_controls).set_activate_tertiary(true));
        vmcs.set(arch::vmcs::tertiary_controls, arch::TertiaryControls{bits});
    }
    void primary(std::uint32_t bits) {
        set(arch::vmcs::primary_controls.encoding, vmcs.get(arch::vmcs::primary_controls).value | bits);
    }
    void pin(std::uint32_t bits) {
        set(arch::vmcs::pin_controls.encoding, vmcs.get(arch::vmcs::pin_controls).value | bits);
    }
    void exit(std::uint32_t bits) {
        set(arch::vmcs::exit_controls.encoding, vmcs.get(arch::vmcs::exit_controls).value | bits);
    }
    void entry(std::uint32_t bits) {
        set(arch::vmcs::entry_controls.encoding, vmcs.get(arch::vmcs::entry_controls).value | bits);
    }
    void no_ept() {
        vmcs.set(arch::vmcs::secondary_controls, vmcs.get(arch::vmcs::secondary_controls).set_enable_ept(false));
    }
    void inject(unsigned type, unsigned vector, bool error_code = false) {
        set(arch::vmcs::entry_interruption_information.encoding,
            1u << 31 | (error_code ? 1u << 11 : 0) | type << 8 | vector);
    }
};

struct Case {
    std::string rule;
    std::function<void(State&)> change;
};

// One list per file; together they break every rule.
std::vector<Case> control_cases();
std::vector<Case> address_cases();
std::vector<Case> host_cases();
std::vector<Case> guest_register_cases();
std::vector<Case> guest_segment_cases();
std::vector<Case> non_register_cases();
std::vector<Case> newer_state_cases();
std::vector<Case> msr_list_cases();

inline constexpr std::uint64_t high = 1ull << 45; // beyond the example's 39 physical-address bits
inline constexpr std::uint64_t not_canonical = 1ull << 50;

} // namespace nadir::test
