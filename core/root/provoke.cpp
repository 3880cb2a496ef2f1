// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/root/provoke.h"

#include "arch/vmx/fields.h"
#include "core/memory/ept_lock.h"
#include "core/vmm.h"
#include "cpu/instructions.h"
#include "cpu/vmx.h"

namespace nadir::core {

namespace {

// Not a tail call, and with something to keep on the stack.
[[gnu::noinline]] uint64_t overflow(uint64_t depth) {
    volatile uint64_t kept[16];
    kept[depth % 16] = depth;
    return depth == ~uint64_t{0} ? depth : overflow(depth + 1) + kept[depth % 16];
}

} // namespace

bool provoke(Vcpu& vcpu, uint64_t provocation) {
    switch (provocation) {
    case NADIR_PROVOKE_INVALID_OPCODE: asm volatile("ud2"); break;
    case NADIR_PROVOKE_STACK_OVERFLOW: (void)overflow(0); break;
    case NADIR_PROVOKE_WRITE_CODE: *reinterpret_cast<volatile uint8_t*>(&provoke) = 0; break;
    case NADIR_PROVOKE_EXECUTE_DATA: asm volatile("call *%0" : : "r"(vcpu.place.log) : "memory"); break;
    case NADIR_PROVOKE_GUEST_MEMORY:
        // The guest's stack: mapped in its address space, for it is using it right now.
        (void)*reinterpret_cast<volatile uint8_t*>(cpu::vmread(arch::vmcs::guest_rsp));
        break;
    case NADIR_PROVOKE_GUEST_STATE:
        cpu::vmwrite(arch::vmcs::guest_rflags, arch::Rflags{}); // bit 1 must be 1
        return true;
    case NADIR_PROVOKE_CONTROLS: cpu::vmwrite(arch::vmcs::exit_controls, arch::ExitControls{}); return true;
    case NADIR_PROVOKE_HANG:
        for (;;) {
            cpu::pause();
        }
    case NADIR_PROVOKE_FAULT_IN_REPORT:
        // The report of the fault reads the VMCS, which is no longer there: that faults again.
        (void)cpu::vmxoff();
        asm volatile("ud2");
        break;
    case NADIR_PROVOKE_FAULT_IN_LOCK: {
        const EptLock lock{vcpu};
        asm volatile("ud2");
        break;
    }
    default: break;
    }
    return false;
}

} // namespace nadir::core
