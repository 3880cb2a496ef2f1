// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/memory/view.h"

#include "core/memory/ept_tables.h"

namespace nadir::core {

namespace {

using arch::EptEntry;
using arch::EptLeaf;

void write_entry(uint64_t& place, EptEntry entry) { __atomic_store_n(&place, entry.value, __ATOMIC_RELEASE); }

const uint64_t* table_at(const EptPlan& plan, const ViewMemory* memory, uint64_t physical) {
    if (memory != nullptr && memory->contains(physical)) {
        return reinterpret_cast<const uint64_t*>(memory->base + (physical - memory->physical));
    }
    return plan.pool.at(physical);
}

// The piece of a leaf of the level above that an entry of `level` at this address would map.
EptEntry piece_of(EptEntry leaf, unsigned level, uint64_t address) {
    const uint64_t offset = address & (ept_span(level + 1) - 1) & ~(ept_span(level) - 1);
    return EptLeaf{leaf.value}.set_address(leaf.address() + offset).set_large(level > 1);
}

// Entry `index` of the table that `parent`, an entry of the level above, leads to or stands for.
EptEntry entry_below(const EptPlan& plan, const ViewMemory* memory, EptEntry parent, unsigned level, unsigned index) {
    if (!parent.present()) {
        return EptEntry{0};
    }
    if (parent.is_leaf(level + 1)) {
        return piece_of(parent, level, index * ept_span(level));
    }
    return EptEntry{table_at(plan, memory, parent.address())[index]};
}

EptEntry entry_at(const EptPlan& plan, const ViewMemory* memory, uint64_t root, unsigned level, uint64_t address) {
    EptEntry entry = arch::make_ept_table_entry(root);
    for (unsigned at = ept_top_level; at >= level; --at) {
        entry = entry_below(plan, memory, entry, at, ept_index(at, address));
    }
    return entry;
}

EptEntry root_beneath(const EptView& view) {
    return arch::make_ept_table_entry(view.beneath != nullptr ? view.beneath->root : view.plan->root);
}

const ViewMemory* memory_beneath(const EptView& view) {
    return view.beneath != nullptr ? &view.beneath->memory : nullptr;
}

EptEntry entry_beneath(const EptView& view, unsigned level, uint64_t address) {
    return entry_at(*view.plan, memory_beneath(view), root_beneath(view).address(), level, address);
}

bool owns(const EptView& view, unsigned level, EptEntry entry) {
    return entry.present() && !entry.is_leaf(level) &&
           entry.address() - view.pool->physical < uint64_t{view.pool->pages} * 4096;
}

uint64_t* own_table_at(const EptView& view, uint64_t physical) { return view.pool->at(physical); }

void fill(const EptView& view, unsigned level, EptEntry parent_beneath, uint64_t* table) {
    for (unsigned i = 0; i < ept_entries; ++i) {
        table[i] = entry_below(*view.plan, memory_beneath(view), parent_beneath, level, i).value;
    }
}

// The table below this entry, one of its own. Null: no page is left.
uint64_t* own_table(EptView& view, unsigned level, uint64_t& place) {
    if (owns(view, level, EptEntry{place})) {
        return own_table_at(view, EptEntry{place}.address());
    }
    const PagePool::Page page = view.pool->take();
    if (page.entries == nullptr) {
        return nullptr;
    }
    fill(view, level - 1, EptEntry{place}, page.entries);
    write_entry(place, arch::make_ept_table_entry(page.physical));
    return page.entries;
}

// A page with no right at all keeps its address: only an entry without one is none.
bool is_set(EptEntry entry) { return entry.value != 0; }

// A page in which the view differs: it has fewer rights than all, or lies elsewhere.
bool differs(EptEntry entry, EptEntry beneath) {
    return ((entry.value ^ beneath.value) & ~EptLeaf::memory_type_mask) != 0;
}

// The page that the guest knows has the type that it has beneath, another one that of where it lies.
EptEntry with_new_type(const EptView& view, EptEntry entry, EptEntry beneath) {
    const arch::MemoryType type =
        entry.address() == beneath.address() ? beneath.memory_type() : type_at(view.plan->mtrr, entry.address());
    return EptLeaf{entry.value}.set_memory_type(type);
}

void refresh(EptView& view, unsigned level, EptEntry parent_beneath, uint64_t* table) {
    for (unsigned i = 0; i < ept_entries; ++i) {
        const EptEntry beneath = entry_below(*view.plan, memory_beneath(view), parent_beneath, level, i);
        const EptEntry entry{table[i]};
        if (owns(view, level, entry)) {
            refresh(view, level - 1, beneath, own_table_at(view, entry.address()));
        } else if (level == 1 && is_set(entry) && differs(entry, beneath)) {
            write_entry(table[i], with_new_type(view, entry, beneath));
        } else if (entry.value != beneath.value) {
            write_entry(table[i], beneath);
        }
    }
}

} // namespace

EptEntry ept_entry_at(const EptPlan& plan, unsigned level, uint64_t address) {
    return entry_at(plan, nullptr, plan.root, level, address);
}

EptEntry view_entry_at(const EptView& view, unsigned level, uint64_t address) {
    return entry_at(*view.plan, &view.memory, view.root, level, address);
}

bool view_begin(EptView& view) {
    const PagePool::Page page = view.pool->take();
    if (page.entries == nullptr) {
        return false;
    }
    fill(view, ept_top_level, root_beneath(view), page.entries);
    view.root = page.physical;
    return true;
}

bool view_set(EptView& view, uint64_t address, EptLeaf leaf) {
    uint64_t* table = own_table_at(view, view.root);
    for (unsigned level = ept_top_level; level > 1; --level) {
        table = own_table(view, level, table[ept_index(level, address)]);
        if (table == nullptr) {
            return false;
        }
    }
    write_entry(table[ept_index(1, address)], leaf);
    return true;
}

void view_restore(EptView& view, uint64_t address) {
    uint64_t* table = own_table_at(view, view.root);
    for (unsigned level = ept_top_level; level > 1; --level) {
        const EptEntry entry{table[ept_index(level, address)]};
        if (!owns(view, level, entry)) {
            return;
        }
        table = own_table_at(view, entry.address());
    }
    write_entry(table[ept_index(1, address)], entry_beneath(view, 1, address));
}

void view_follow(EptView& view, uint64_t address) {
    uint64_t* table = own_table_at(view, view.root);
    for (unsigned level = ept_top_level;; --level) {
        uint64_t& place = table[ept_index(level, address)];
        if (level == 1 || !owns(view, level, EptEntry{place})) {
            if (!is_set(EptEntry{place})) {
                write_entry(place, entry_beneath(view, level, address));
            }
            return;
        }
        table = own_table_at(view, EptEntry{place}.address());
    }
}

void view_refresh(EptView& view) { refresh(view, ept_top_level, root_beneath(view), own_table_at(view, view.root)); }

uint64_t view_tables_needed(const uint64_t* addresses, uint64_t count) {
    uint64_t tables = 1;
    for (uint64_t i = 0; i < count; ++i) {
        for (unsigned level = ept_top_level; level > 1; --level) {
            const bool shared = i != 0 && addresses[i] / ept_span(level) == addresses[i - 1] / ept_span(level);
            tables += shared ? 0 : 1;
        }
    }
    return tables;
}

} // namespace nadir::core
