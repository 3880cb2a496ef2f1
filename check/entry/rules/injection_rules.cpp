// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Event injection. [SDM3 "VM-Entry Control Fields"] Processors with FRED know more events; they are not judged here.
#include "check/entry/groups.h"

namespace nadir::check {

namespace {

using namespace arch::vmcs;
using arch::InterruptionType;
namespace msr = arch::capability_msr;

bool has_type(const EntryContext& c, InterruptionType type) {
    return c.injection().valid() && c.injection().type() == type;
}

// Vectors that push an error code in protected mode. #CP (21) is in neither list where the processor has CET: they differ.
constexpr std::uint32_t with_error_code = 1u << 8 | 1u << 10 | 1u << 11 | 1u << 12 | 1u << 13 | 1u << 14 | 1u << 17;
constexpr std::uint32_t without_error_code = ~(with_error_code | 1u << 21);

bool lacks_error_code(const EntryContext& c, std::uint8_t vector) {
    const bool cet = c.capabilities().cet_ss() || c.capabilities().cet_ibt();
    return vector > 31 || ((without_error_code >> vector) & 1) != 0 || (vector == 21 && !cet);
}

bool any_error_code_allowed(const EntryContext& c) {
    return arch::VmxBasic{c.msr(msr::vmx_basic)}.hardware_exceptions_any_error_code();
}

bool software(const EntryContext& c) { return c.injection().valid() && is_software(c.injection().type()); }

constexpr EntryRule rules[] = {
    {"injection.type", "the injected event's type is not reserved (1; 7 where there is no monitor trap flag)",
     "0 external interrupt, 2 NMI, 3 hardware exception, 4 software interrupt, 5 privileged software exception, 6 software exception",
     fields(entry_interruption_information),
     [](const EntryContext& c) {
         if (!c.injection().valid()) {
             return Breach{};
         }
         const auto type = static_cast<unsigned>(c.injection().type());
         const bool monitor_trap_flag =
             ((c.msr(msr::vmx_primary) >> 32) & arch::PrimaryControls::monitor_trap_flag_mask) != 0;
         return Breach::when(type == 1 || (type == 7 && !monitor_trap_flag));
     }},
    {"injection.vector",
     "the vector fits the type: 2 for an NMI, below 32 for a hardware exception, 0 for another event",
     "Is the type right? Vectors from 32 on are external (0) or software (4) interrupts",
     fields(entry_interruption_information),
     [](const EntryContext& c) {
         const std::uint8_t vector = c.injection().vector();
         return Breach::when((has_type(c, InterruptionType::nmi) && vector != 2) ||
                             (has_type(c, InterruptionType::hardware_exception) && vector > 31) ||
                             (has_type(c, InterruptionType::other_event) && vector != 0));
     }},
    {"injection.error-code.missing",
     "in protected mode, an injected #DF, #TS, #NP, #SS, #GP, #PF or #AC delivers an error code",
     "Set bit 11 of the interruption information", fields(entry_interruption_information, guest_cr0),
     [](const EntryContext& c) {
         return Breach::when(has_type(c, InterruptionType::hardware_exception) && c.injection().vector() < 32 &&
                             !c.injection().deliver_error_code() && c.get(guest_cr0).pe() &&
                             !any_error_code_allowed(c) && ((with_error_code >> c.injection().vector()) & 1) != 0);
     }},
    {"injection.error-code.unwanted",
     "only a hardware exception that has an error code delivers one, and none does in real mode",
     "Clear bit 11 of the interruption information", fields(entry_interruption_information, guest_cr0),
     [](const EntryContext& c) {
         if (!c.injection().valid() || !c.injection().deliver_error_code()) {
             return Breach{};
         }
         const std::uint8_t vector = c.injection().vector();
         return Breach::when(!has_type(c, InterruptionType::hardware_exception) || !c.get(guest_cr0).pe() ||
                             (lacks_error_code(c, vector) && !any_error_code_allowed(c)));
     }},
    {"injection.reserved", "bits 30:12 of the interruption information are 0",
     "Bit 12 is meaningful in exit information only: clear it before injecting again",
     fields(entry_interruption_information),
     [](const EntryContext& c) {
         return Breach::of_bits(c.injection().valid() ? c.injection().value & 0x7FFF'F000u : 0);
     }},
    {"injection.error-code.reserved", "bits 31:16 of the injected error code are 0", "An error code has 16 bits",
     fields(entry_exception_error_code, entry_interruption_information),
     [](const EntryContext& c) {
         return Breach::of_bits(c.injection().valid() && c.injection().deliver_error_code()
                                    ? c.get(entry_exception_error_code) & 0xFFFF'0000u
                                    : 0);
     }},
    {"injection.instruction-length",
     "a software event has an instruction length of 1 to 15 (0 where IA32_VMX_MISC[30] is 1)",
     "Copy the length from the VM-exit instruction length",
     fields(entry_instruction_length, entry_interruption_information),
     [](const EntryContext& c) {
         if (!software(c)) {
             return Breach{};
         }
         const std::uint32_t length = c.get(entry_instruction_length);
         return Breach::when(length > 15 ||
                             (length == 0 && !arch::VmxMisc{c.msr(msr::vmx_misc)}.zero_length_injection()));
     }},
};

} // namespace

std::span<const EntryRule> injection_rules() { return rules; }

} // namespace nadir::check
