// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/views/views.h"

#include "core/vmm.h"

namespace nadir::core {

namespace {

constexpr uint64_t page = 4096;
constexpr uint64_t to_pages(uint64_t bytes) { return (bytes + page - 1) / page; }

// Each hidden page takes a page for its copy at least. So many hooks on average are meant to be enough, and fewer where there are so
// many pages that they lie side by side in the whole of a system's code.
constexpr uint32_t hooks_per_page = 4;
constexpr uint32_t most_in_one_piece = 256; // 1 MiB of what can be had, NADIR_LARGEST_ALLOCATION

uint32_t pages_in_one_piece(uint32_t hook_pages) {
    return hook_pages < most_in_one_piece ? hook_pages : most_in_one_piece;
}
uint32_t hooks_of(uint32_t hook_pages) {
    return pages_in_one_piece(hook_pages) * hooks_per_page + copy_pages_elsewhere(hook_pages);
}

// Of each guard: two views that differ near one address take eight tables; memory elsewhere takes up to three more in each.
constexpr uint32_t guard_tables(uint32_t pool_pages) {
    constexpr uint32_t least = 16;
    constexpr uint32_t most = 64;
    const uint32_t wanted = least + pool_pages / 8;
    return wanted < most ? wanted : most;
}

struct Layout {
    uint64_t pages, hooks, guards, pool, end; // in pages from the beginning, where struct Views lies
};

constexpr uint32_t guards_of(bool debugger) { return debugger ? guard_copies : plan_copies; }

Layout lay_out(uint32_t hook_pages, bool debugger) {
    Layout l{};
    l.pages = to_pages(sizeof(Views));
    l.hooks = l.pages + to_pages(uint64_t{hook_pages} * sizeof(HiddenPage));
    l.guards = l.hooks + to_pages(uint64_t{hooks_of(hook_pages)} * sizeof(Hook));
    l.pool = l.guards + uint64_t{guards_of(debugger)} * guard_tables(hook_pages);
    l.end = l.pool + pages_in_one_piece(hook_pages);
    return l;
}

// The first record that isn't below this address.
template <typename Record>
uint32_t lower_bound(const Record* records, uint32_t count, uint64_t address) {
    uint32_t first = 0;
    while (count != 0) {
        const uint32_t half = count / 2;
        if (records[first + half].address < address) {
            first += half + 1;
            count -= half + 1;
        } else {
            count = half;
        }
    }
    return first;
}

template <typename Record>
Record* find(Record* records, uint32_t count, uint64_t address) {
    const uint32_t at = lower_bound(records, count, address);
    return at < count && records[at].address == address ? &records[at] : nullptr;
}

template <typename Record>
Record* insert_record(Record* records, uint32_t& count, uint32_t capacity, uint64_t address) {
    if (count == capacity) {
        return nullptr;
    }
    const uint32_t at = lower_bound(records, count, address);
    for (uint32_t i = count; i > at; --i) {
        records[i] = records[i - 1];
    }
    ++count;
    records[at] = {};
    records[at].address = address;
    return &records[at];
}

} // namespace

PagePool::Page CopyPools::take() {
    for (uint32_t i = 0; i < count; ++i) {
        const PagePool::Page taken = of[i].take();
        if (taken.entries != nullptr) {
            return taken;
        }
    }
    return {nullptr, 0};
}

uint32_t CopyPools::used() const {
    uint32_t sum = 0;
    for (uint32_t i = 0; i < count; ++i) {
        sum += of[i].used;
    }
    return sum;
}

void CopyPools::begin() {
    for (uint32_t i = 0; i < count; ++i) {
        of[i].used = 0;
    }
}

uint64_t view_pages(uint32_t hook_pages, bool debugger) {
    return hook_pages == 0 ? 0 : lay_out(hook_pages, debugger).end;
}

uint32_t copy_pages_elsewhere(uint32_t hook_pages) { return hook_pages - pages_in_one_piece(hook_pages); }

void place_views(Vmm& vmm, ViewMemory memory) {
    const uint32_t hook_pages = vmm.layout.view_pool_pages;
    const bool debugger = vmm.layout.debugger != vmm.layout.end;
    const Layout l = lay_out(hook_pages, debugger);
    __builtin_memset(memory.base, 0, l.guards * page);
    Views& views = *reinterpret_cast<Views*>(memory.base);
    views.memory = memory;
    views.pool = {memory.base + l.pool * page, memory.physical + l.pool * page, pages_in_one_piece(hook_pages), 0};
    static_assert(CopyPools::most >= max_chunks);
    for (uint32_t i = vmm.layout.copy_chunk; i < vmm.chunk_count; ++i) {
        const Chunk& chunk = vmm.chunks[i];
        views.copies.of[views.copies.count++] = {chunk.address, chunk.physical,
                                                 static_cast<uint32_t>(chunk.bytes / page), 0};
    }
    views.reading = {&vmm.ept, nullptr, &views.pool, memory, 0};
    views.executing = views.reading;
    for (uint64_t i = 0; i < guards_of(debugger); ++i) {
        Guard& guard = views.guards[i];
        const uint32_t tables = guard_tables(hook_pages);
        const uint64_t offset = (l.guards + i * tables) * page;
        guard.pool = {memory.base + offset, memory.physical + offset, tables, 0};
        guard.reading = {&vmm.ept, nullptr, &guard.pool, memory, 0};
        guard.executing = guard.reading;
    }
    views.pages = reinterpret_cast<HiddenPage*>(memory.base + l.pages * page);
    views.page_capacity = hook_pages;
    views.hooks = reinterpret_cast<Hook*>(memory.base + l.hooks * page);
    views.hook_capacity = hooks_of(hook_pages);
    vmm.views = &views;
}

void place_view_user(const Vmm& vmm, Vcpu& vcpu, uint64_t physical) {
    ViewUser& user = view_user_place(vcpu);
    auto* const linear = reinterpret_cast<uint8_t*>(&user);
    static_assert(sizeof(ViewUser) <= page);
    __builtin_memset(linear, 0, page);
    constexpr uint64_t copies = 2; // behind the structure and the scratch page
    constexpr uint64_t tables = copies + 2 * uint64_t{ViewUser::most_copies};
    user.scratch = reinterpret_cast<uint64_t*>(linear + page);
    user.copies = reinterpret_cast<uint64_t*>(linear + copies * page);
    user.copies_physical = physical + copies * page;
    user.step_pool = {linear + tables * page, physical + tables * page, ViewUser::step_tables, 0};
    const ViewMemory memory{user.step_pool.base, user.step_pool.physical, ViewUser::step_tables * page};
    user.step = {&vmm.ept, nullptr, &user.step_pool, memory, 0};
}

void refresh_views(Views& views) {
    if (views.reading.root != 0 && views.executing.root != 0) {
        view_refresh(views.reading);
        view_refresh(views.executing);
    }
    refresh_guards(views);
    ++views.generation;
}

HiddenPage* find_hidden(const Views& views, uint64_t address) {
    return find(views.pages, views.page_count, address & ~(page - 1));
}

Hook* find_hook(const Views& views, uint64_t address) { return find(views.hooks, views.hook_count, address); }

const Hook* find_hook_by_number(const Views* views, uint64_t number) {
    for (uint32_t i = 0; views != nullptr && i < views->hook_count; ++i) {
        if (views->hooks[i].number == number) {
            return &views->hooks[i];
        }
    }
    return nullptr;
}

HiddenPage* add_hidden(Views& views, uint64_t address) {
    return insert_record(views.pages, views.page_count, views.page_capacity, address);
}

Hook* add_hook(Views& views, uint64_t address) {
    return insert_record(views.hooks, views.hook_count, views.hook_capacity, address);
}

void count_hooks(Views& views) {
    for (uint32_t i = 0; i < views.page_count; ++i) {
        HiddenPage& hidden = views.pages[i];
        hidden.first = lower_bound(views.hooks, views.hook_count, hidden.address);
        hidden.hooks = lower_bound(views.hooks, views.hook_count, hidden.address + page) - hidden.first;
    }
}

} // namespace nadir::core
