// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/definitions/controls.h"

namespace nadir::tool {

std::span<const arch::Field> controls_of(const arch::Definition& definition) {
    if (definition.kind != arch::DefinitionKind::msr) {
        return {};
    }
    switch (static_cast<arch::Msr>(definition.number)) {
    case arch::Msr::ia32_vmx_pinbased_ctls:
    case arch::Msr::ia32_vmx_true_pinbased_ctls: return arch::PinControls::fields;
    case arch::Msr::ia32_vmx_procbased_ctls:
    case arch::Msr::ia32_vmx_true_procbased_ctls: return arch::PrimaryControls::fields;
    case arch::Msr::ia32_vmx_procbased_ctls2: return arch::SecondaryControls::fields;
    case arch::Msr::ia32_vmx_exit_ctls:
    case arch::Msr::ia32_vmx_true_exit_ctls: return arch::ExitControls::fields;
    case arch::Msr::ia32_vmx_entry_ctls:
    case arch::Msr::ia32_vmx_true_entry_ctls: return arch::EntryControls::fields;
    default: return {};
    }
}

} // namespace nadir::tool
