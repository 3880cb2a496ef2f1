// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/views/find_page.h"

#include "core/memory/view.h"
#include "core/vmm.h"

namespace nadir::core {

using arch::EptLeaf;

nadir_status find_page(Vcpu& vcpu, uint64_t address, EptLeaf& leaf) {
    Vmm& vmm = *vcpu.place.vmm;
    const PageBehind behind = page_behind(vmm.ept, address);
    if (!behind.exists) {
        return NADIR_HOOK_NO_MEMORY;
    }
    if (behind.hidden) {
        return NADIR_HOOK_OURS;
    }
    if (!ept_entry_at(vmm.ept, 1, address).present()) {
        const EptResult result = ept_map(vmm.ept, address);
        if (result != EptResult::mapped && result != EptResult::already_mapped) {
            return NADIR_NO_MEMORY;
        }
    }
    leaf = EptLeaf{ept_entry_at(vmm.ept, 1, address).value};
    return leaf.memory_type() == arch::MemoryType::write_back ? NADIR_OK : NADIR_HOOK_DEVICE;
}

} // namespace nadir::core
