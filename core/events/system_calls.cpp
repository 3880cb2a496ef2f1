// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/events/system_calls.h"

#include "arch/paging.h"
#include "arch/vmx/fields.h"
#include "core/guest.h"
#include "core/memory/guest_linear.h"
#include "cpu/vmx.h"

namespace nadir::core {

using cpu::vmread;
using cpu::vmwrite;
namespace vmcs = arch::vmcs;

namespace {

// The guest's code, byte by byte. The processor has just fetched it: what can't be reached now was changed meanwhile, and is
// no instruction of ours.
class Code {
public:
    explicit Code(const Vcpu& vcpu) : memory_(vcpu), paging_(guest_paging(vcpu)), at_(vmread(vmcs::guest_rip)) {}

    bool fetch(uint8_t& byte) {
        if (!translated_ || at_ % arch::page_size_4k == 0) {
            // Alignment checks stand for "whatever SMAP says": it doesn't guard what is executed.
            const GuestAccess access{false, guest_privilege_level() == 3, true};
            const GuestTranslation translation = walk_guest(paging_, at_, access, memory_);
            if (!translation.mapped) {
                return false;
            }
            translated_ = true;
            physical_ = translation.physical;
        }
        memory_.read(physical_, &byte, 1);
        ++physical_;
        ++at_;
        return true;
    }

private:
    GuestMemory memory_;
    GuestPaging paging_;
    uint64_t at_;
    uint64_t physical_ = 0;
    bool translated_ = false;
};

} // namespace

arch::Efer guest_efer(const Vcpu& vcpu) {
    const arch::Efer efer = vmread(vmcs::guest_efer);
    return vcpu.system_calls.hidden ? arch::Efer{efer}.set_sce(vcpu.system_calls.enabled) : efer;
}

void set_guest_efer(Vcpu& vcpu, arch::Efer efer) {
    if (vcpu.system_calls.hidden) {
        vcpu.system_calls.enabled = efer.sce();
        efer.set_sce(false);
    }
    vmwrite(vmcs::guest_efer, efer);
}

void hide_system_calls(Vcpu& vcpu, bool hidden) {
    const arch::Efer efer = guest_efer(vcpu);
    vcpu.system_calls.hidden = hidden;
    set_guest_efer(vcpu, efer);
}

SystemInstruction system_instruction_of_exit(const Vcpu& vcpu) {
    if (!vcpu.system_calls.hidden || !vcpu.system_calls.enabled || !guest_in_64_bit_mode()) {
        return {SystemInstruction::Kind::other, 0, false};
    }
    Code code{vcpu};
    return decode_system_instruction([&](uint8_t& byte) { return code.fetch(byte); });
}

} // namespace nadir::core
