// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/memory/ept_walk.h"

#include "arch/vmx/fields.h"
#include "core/memory/ept_lock.h"
#include "core/vmm.h"
#include "cpu/vmx.h"

namespace nadir::core {

namespace {

const uint64_t* find_table(const PagePool* const* pools, unsigned pool_count, uint64_t physical) {
    for (unsigned i = 0; i < pool_count; ++i) {
        if (physical - pools[i]->physical < pools[i]->pages * arch::page_size_4k) {
            return pools[i]->at(physical);
        }
    }
    return nullptr;
}

// Of which tables this is the PML4.
nadir_ept_tables tables_of(const Vcpu& vcpu, uint64_t root) {
    const Vmm& vmm = *vcpu.place.vmm;
    if (root == vmm.eptp.address()) {
        return NADIR_EPT_OF_ALL;
    }
    if (vcpu.view == nullptr || root == vcpu.own_tables.root) {
        return NADIR_EPT_OWN;
    }
    if (root == vmm.views->reading.root) {
        return NADIR_EPT_READING;
    }
    return root == vmm.views->executing.root ? NADIR_EPT_EXECUTING : NADIR_EPT_STEP;
}

// The EPTP that leads to them, for this processor; 0: there are none.
arch::Eptp find_eptp(const Vcpu& vcpu, uint64_t tables) {
    const Vmm& vmm = *vcpu.place.vmm;
    const bool in_view = vcpu.view != nullptr;
    uint64_t root = 0;
    switch (tables) {
    case NADIR_EPT_IN_USE: return cpu::vmread(arch::vmcs::eptp);
    case NADIR_EPT_OF_ALL: root = vmm.eptp.address(); break;
    case NADIR_EPT_OWN: root = vcpu.own_tables.root; break;
    case NADIR_EPT_READING: root = in_view ? vmm.views->reading.root : 0; break;
    case NADIR_EPT_EXECUTING: root = in_view ? vmm.views->executing.root : 0; break;
    default: break; // a step is over when this processor can ask
    }
    return root != 0 ? arch::Eptp{vmm.eptp}.set_address(root) : arch::Eptp{0};
}

} // namespace

EptWalk walk_ept(const PagePool* const* pools, unsigned pool_count, uint64_t root, uint64_t address) {
    EptWalk walk{};
    for (unsigned level = ept_top_level; level != 0; --level) {
        const uint64_t* const table = find_table(pools, pool_count, root);
        if (table == nullptr) {
            break;
        }
        const arch::EptEntry entry{__atomic_load_n(&table[ept_index(level, address)], __ATOMIC_RELAXED)};
        walk.entries[walk.count++] = entry.value;
        if (!entry.present() || entry.is_leaf(level)) {
            break;
        }
        root = entry.address();
    }
    return walk;
}

nadir_status inspect_ept(Vcpu& vcpu, uint64_t address, uint64_t tables, EptAnswer& answer) {
    Vmm& vmm = *vcpu.place.vmm;
    const PageBehind behind = page_behind(vmm.ept, address);
    if (!behind.exists) {
        return NADIR_MEMORY_NOT_THERE;
    }
    const arch::Eptp eptp = find_eptp(vcpu, tables);
    if (eptp.value == 0) {
        return NADIR_BAD_ARGUMENT;
    }
    const PagePool* pools[4] = {&vmm.ept.pool, &vcpu.own_tables.pool};
    unsigned count = 2;
    if (vcpu.view != nullptr) {
        pools[count++] = &vmm.views->pool;
        pools[count++] = &vcpu.view->step_pool;
    }
    // A table that is given back meanwhile would be another one's when it is looked at.
    const EptLock lock{vcpu};
    answer = {eptp.value, walk_ept(pools, count, eptp.address(), address), tables_of(vcpu, eptp.address()),
              behind.hidden};
    return NADIR_OK;
}

} // namespace nadir::core
