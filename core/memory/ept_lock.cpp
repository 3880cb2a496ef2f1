// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/memory/ept_lock.h"

#include "core/log.h"
#include "core/vmm.h"
#include "cpu/instructions.h"

namespace nadir::core {

namespace {

bool change(uint32_t& lock, uint32_t from, uint32_t to) {
    return __atomic_compare_exchange_n(&lock, &from, to, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

// The lock holds its holder's number, counted from 1; 0 when nobody holds it.
uint32_t mark_of(const Vcpu& vcpu) { return vcpu.place.processor + 1; }

bool has_been_stopped(const Vmm& vmm, uint32_t mark) {
    return __atomic_load_n(&vmm.vcpus[mark - 1]->state, __ATOMIC_ACQUIRE) == NADIR_PROCESSOR_DEAD;
}

} // namespace

EptLock::EptLock(Vcpu& vcpu) : vcpu_(vcpu) {
    Vmm& vmm = *vcpu.place.vmm;
    if (change(vmm.ept_lock, 0, mark_of(vcpu))) {
        return;
    }
    // The watchdog is to blame the holder.
    __atomic_store_n(&vcpu.watch.waits, 1, __ATOMIC_RELEASE);
    for (;;) {
        const uint32_t holder = __atomic_load_n(&vmm.ept_lock, __ATOMIC_RELAXED);
        if (holder == 0 || has_been_stopped(vmm, holder)) {
            if (change(vmm.ept_lock, holder, mark_of(vcpu))) {
                if (holder != 0) {
                    log(vcpu, Message::ept_lock_taken_over, {uint64_t{holder} - 1});
                }
                break;
            }
        }
        cpu::pause();
    }
    __atomic_store_n(&vcpu.watch.waits, 0, __ATOMIC_RELEASE);
}

EptLock::~EptLock() { __atomic_store_n(&vcpu_.place.vmm->ept_lock, 0, __ATOMIC_RELEASE); }

} // namespace nadir::core
