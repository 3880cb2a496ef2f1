// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/arena.h"

#include "arch/msr/vmx_capabilities.h"
#include "arch/paging.h"
#include "core/extensions/roll.h"
#include "core/gdb/debugger.h"
#include "core/memory/second_level.h"
#include "core/msr_policy.h"
#include "core/root/address_space.h"
#include "core/root/descriptor_tables.h"
#include "core/views/views.h"
#include "core/vmcs_setup.h"
#include "core/vmm.h"
#include "cpu/registers.h"

namespace nadir::core {

namespace {

constexpr uint64_t page = 4096;
constexpr uint64_t to_pages(uint64_t bytes) { return (bytes + page - 1) / page; }

// Of each processor: core/memory/guest_memory.h, core/events/event.h.
constexpr uint32_t window_pages = 1 + NADIR_EVENT_RING_PAGES;

// Page-table pages for root mode: per level at most one table per contiguous range, and one more where a range crosses a
// boundary. 2 MiB of addresses fill one table, and no range is longer than 4 MiB. The processors' windows lie
// where there are tables already, but for the lowest.
uint32_t root_tables_needed(uint32_t ranges, uint64_t largest, uint32_t processors) {
    const uint32_t lowest = static_cast<uint32_t>(largest / (2u << 20)) + 2;
    const uint32_t windows = (processors * window_pages + 511) / 512;
    return 2 + ranges * (lowest + 2) + windows;
}

EptPlan make_plan(const nadir_session& session, const arch::Capabilities& capabilities) {
    EptPlan plan{read_mtrrs(capabilities.mtrr()), 0, false, {}, 0, {}, 0, {}, 0}; // it is large: made in its place
    plan.physical_bits = capabilities.physical_address_bits();
    if (plan.physical_bits > 48) {
        plan.physical_bits = 48; // what four levels of EPT reach
    }
    plan.low_memory = session.low_memory;
    plan.large_1g = arch::VmxEptVpidCapability{capabilities.msr(arch::capability_msr::vmx_ept_vpid)}.page_1g();
    return plan;
}

void hide_chunks(EptPlan& plan, const nadir_session& session) {
    for (uint32_t i = 0; i < session.chunk_count; ++i) {
        plan.hidden[plan.hidden_count++] = {session.chunks[i].physical, session.chunks[i].bytes};
    }
}

bool add_chunk(nadir_session& session, uint64_t bytes) {
    void* memory = nadir_host_allocate(bytes);
    if (memory == nullptr) {
        return false;
    }
    session.chunks[session.chunk_count++] = {static_cast<uint8_t*>(memory), nadir_host_physical(memory), bytes};
    session.arena_bytes += bytes;
    return true;
}

// The blocks of the processors in as few pieces as the host can give; smaller ones when memory is fragmented.
bool add_processor_chunks(nadir_session& session, Failure& failure) {
    const auto most = static_cast<uint32_t>(NADIR_LARGEST_ALLOCATION / session.block_bytes);
    uint32_t left = session.processor_count;
    uint32_t piece = left < most ? left : most;
    while (left != 0) {
        if (piece > left) {
            piece = left;
        }
        if (session.chunk_count < max_chunks && add_chunk(session, piece * session.block_bytes)) {
            left -= piece;
        } else if (piece > 1 && session.chunk_count < max_chunks) {
            piece /= 2;
        } else {
            failure.detail[0] = piece * session.block_bytes;
            return false;
        }
    }
    return true;
}

// Copies of hidden pages, in as few pieces as the host can give.
bool add_copy_chunks(nadir_session& session, Failure& failure) {
    uint64_t left = copy_pages_elsewhere(session.options.hook_pages) * page;
    uint64_t piece = NADIR_LARGEST_ALLOCATION;
    while (left != 0) {
        piece = piece < left ? piece : left;
        if (session.chunk_count < max_chunks && add_chunk(session, piece)) {
            left -= piece;
        } else if (piece > page && session.chunk_count < max_chunks) {
            piece = piece / 2 / page * page;
        } else {
            failure.detail[0] = left;
            return false;
        }
    }
    return true;
}

SharedLayout lay_out(const nadir_session& session, const Image& image, const EptPlan& plan, uint32_t copy_chunk) {
    SharedLayout l{};
    const uint64_t context = to_pages(sizeof(Vmm) + session.processor_count * sizeof(Vcpu*));
    uint64_t largest = image.bytes;
    for (uint32_t i = 1; i < session.chunk_count; ++i) {
        largest = session.chunks[i].bytes > largest ? session.chunks[i].bytes : largest;
    }
    const uint64_t views = view_pages(session.options.hook_pages, session.options.gdb_port != 0);
    l.copy_chunk = copy_chunk;
    const uint64_t debugger = session.options.gdb_port != 0 ? gdb::debugger_pages(session.processor_count) : 0;
    largest += (views + debugger) * page; // the shared chunk grows by them
    l.root_table_pages = root_tables_needed(image.count + session.chunk_count, largest, session.processor_count);
    // The shared chunk itself must be hidden as well: a table per level for each of its ends, one above them, and where it is large
    // those between its ends.
    l.ept_pages = static_cast<uint32_t>(ept_pages_needed(plan) + 5 + views * page / arch::page_size_2m);
    l.idt = context;
    l.msr_bitmap = l.idt + 1;
    l.plans = l.msr_bitmap + 1;
    l.hidden = l.plans + plan_copies * plan_pages;
    l.image = l.hidden + 1;
    l.root_tables = l.image + to_pages(image.bytes);
    l.ept = l.root_tables + l.root_table_pages;
    l.views = l.ept + l.ept_pages;
    l.view_pool_pages = session.options.hook_pages;
    l.debugger = l.views + views;
    l.end = l.debugger + debugger;
    return l;
}

PagePool pool_at(const Chunk& chunk, uint64_t first_page, uint32_t pages) {
    return {chunk.address + first_page * page, chunk.physical + first_page * page, pages, 0};
}

constexpr PageRights data{true, false};

// Copies the image and maps the copy where the image is.
bool map_image(Vmm& vmm, AddressSpace& space, const Image& image, const SharedLayout& l) {
    const Chunk& shared = vmm.chunks[0];
    uint64_t at = l.image;
    vmm.image_base = ~uint64_t{0};
    for (uint32_t i = 0; i < image.count; ++i) {
        const nadir_image_range& range = image.range[i];
        const auto* from = static_cast<const uint8_t*>(range.address);
        __builtin_memcpy(shared.address + at * page, from, range.bytes);
        const uint64_t address = reinterpret_cast<uint64_t>(from);
        if (!space.map(address, shared.physical + at * page, {false, range.executable != 0}, to_pages(range.bytes))) {
            return false;
        }
        at += to_pages(range.bytes);
        vmm.image_base = address < vmm.image_base ? address : vmm.image_base;
        if (range.executable != 0) {
            vmm.code_base = address;
            vmm.code_bytes = range.bytes;
        }
    }
    return true;
}

// The shared chunk's data, without the image copy (which is mapped as code, at the image's address) and the hidden page.
bool map_shared(Vmm& vmm, AddressSpace& space, const SharedLayout& l) {
    const Chunk& c = vmm.chunks[0];
    const auto linear = reinterpret_cast<uint64_t>(c.address);
    return space.map(linear, c.physical, data, l.hidden) &&
           space.map(linear + l.root_tables * page, c.physical + l.root_tables * page, data, l.end - l.root_tables);
}

// What each block ends with where there are extensions.
uint64_t extension_pages() { return extension_count() != 0 ? extension_state_pages : 0; }

// A processor's block, without its guard pages: what lies between the two and what lies behind them.
bool map_block(AddressSpace& space, uint64_t linear, uint64_t physical, uint64_t pages) {
    static_assert(block::vmxon == 0);
    constexpr uint64_t between = block::vmxon + 1;
    constexpr uint64_t behind = block::vmcs + 1;
    return space.map(linear + between * page, physical + between * page, data, block::vmcs - between) &&
           space.map(linear + behind * page, physical + behind * page, data, pages - behind);
}

bool place_vcpus(Vmm& vmm, AddressSpace& space, uint64_t block_bytes) {
    const uint64_t behind = (block_bytes - block::bytes) / page;
    const uint64_t other_pages = extension_pages() + (vmm.views == nullptr ? 0 : view_user_pages);
    const auto own_table_pages = static_cast<uint32_t>(behind - other_pages);
    uint32_t processor = 0;
    for (uint32_t c = 1; c < vmm.layout.copy_chunk; ++c) {
        for (uint64_t at = 0; at + block_bytes <= vmm.chunks[c].bytes; at += block_bytes) {
            uint8_t* linear = vmm.chunks[c].address + at;
            const uint64_t physical = vmm.chunks[c].physical + at;
            if (!map_block(space, reinterpret_cast<uint64_t>(linear), physical, block_bytes / page)) {
                return false;
            }
            Vcpu& vcpu = *reinterpret_cast<Vcpu*>(linear + vcpu_offset);
            vcpu.place.vmm = &vmm;
            vcpu.place.processor = processor;
            vcpu.place.block = reinterpret_cast<uint64_t>(linear);
            vcpu.place.vmxon_physical = physical + block::vmxon * page;
            vcpu.place.vmcs_physical = physical + block::vmcs * page;
            vcpu.place.log = reinterpret_cast<nadir_log_record*>(linear + block::log * page);
            // VMWRITE fills it; of fields without one, none is to hold what was here.
            __builtin_memset(linear + block::vmcs * page, 0, page);
            vcpu.own_tables.pool = {linear + block::bytes, physical + block::bytes, own_table_pages, 0};
            if (vmm.views != nullptr) {
                place_view_user(vmm, vcpu, physical + block_bytes - other_pages * page);
            }
            if (extension_pages() != 0) {
                extension_state(vcpu) = {};
            }
            vmm.vcpus[processor++] = &vcpu;
        }
    }
    return processor == vmm.processor_count;
}

bool map_copies(const Vmm& vmm, AddressSpace& space) {
    for (uint32_t i = vmm.layout.copy_chunk; i < vmm.chunk_count; ++i) {
        const Chunk& c = vmm.chunks[i];
        if (!space.map(reinterpret_cast<uint64_t>(c.address), c.physical, data, c.bytes / page)) {
            return false;
        }
    }
    return true;
}

// Tables come from the pool one behind the other, so the entries of all windows lie in a row.
bool place_windows(Vmm& vmm, AddressSpace& space) {
    vmm.windows = space.reserve(uint64_t{vmm.processor_count} * window_pages);
    if (vmm.windows != 0) {
        vmm.window_entries = space.entry_of(vmm.windows);
    }
    return vmm.windows != 0;
}

// What root mode's CR4 needs, and what it must share with the system's: LA57 (the address space's depth) and MCE (a machine
// check without it stops the processor).
uint64_t choose_root_cr4(const arch::Capabilities& capabilities) {
    const arch::Cr4 now = cpu::read_cr4();
    arch::Cr4 cr4;
    cr4.set_pae(true).set_vmxe(true).set_osfxsr(true).set_la57(now.la57()).set_mce(now.mce());
    cr4.set_osxsave(capabilities.xsave());
    // CPUID's AESKLE is 0 without it, whatever the guest has: core/exits/cpuid.h takes away what is too much.
    constexpr uint32_t leaf7_ecx_kl = 1u << 23;
    cr4.set_kl((capabilities.leaf_7.ecx & leaf7_ecx_kl) != 0);
    return cr4_fixed_bits(capabilities).adjust(cr4.value);
}

// What is read before it is written, or where it isn't. Tables are cleared when they come from their pools, the processors'
// logs and rings by reset_vcpu, the plans' bitmaps by begin_plan, the views' bookkeeping by place_views; the image lies over what
// was there before.
void clear_shared(uint8_t* shared, const SharedLayout& l) {
    __builtin_memset(shared, 0, l.plans * page);
    __builtin_memset(shared + l.hidden * page, 0, page);
}

} // namespace

Image Image::of_host() {
    Image image{};
    image.count = nadir_host_image(image.range, max_image_ranges);
    for (uint32_t i = 0; i < image.count; ++i) {
        image.bytes += to_pages(image.range[i].bytes) * page;
    }
    return image;
}

bool allocate_arena(nadir_session& session, const Image& image, const arch::Capabilities& capabilities,
                    Failure& failure) {
    session.chunk_count = 1; // the shared chunk is first in the table and last in time: its size depends on the others
    session.chunks[0] = {};
    EptPlan plan = make_plan(session, capabilities);
    session.block_bytes = block::bytes + (ept_may_outgrow_pool(plan) ? EptOwnTables::pages * page : 0) +
                          (session.options.hook_pages != 0 ? view_user_pages * page : 0) + extension_pages() * page;
    const bool processors = add_processor_chunks(session, failure);
    const uint32_t copy_chunk = session.chunk_count;
    if (!processors || !add_copy_chunks(session, failure)) {
        free_arena(session);
        return false;
    }
    hide_chunks(plan, session);
    const SharedLayout layout = lay_out(session, image, plan, copy_chunk);
    const uint64_t bytes = layout.end * page;
    void* memory = bytes <= NADIR_LARGEST_ALLOCATION ? nadir_host_allocate(bytes) : nullptr;
    if (memory == nullptr) {
        failure.detail[0] = bytes;
        free_arena(session);
        return false;
    }
    session.chunks[0] = {static_cast<uint8_t*>(memory), nadir_host_physical(memory), bytes};
    session.arena_bytes += bytes;
    session.image_bytes = image.bytes;

    clear_shared(session.chunks[0].address, layout);
    Vmm& vmm = *reinterpret_cast<Vmm*>(memory);
    session.vmm = &vmm;
    vmm.layout = layout;
    vmm.vcpus = reinterpret_cast<Vcpu**>(&vmm + 1);
    vmm.processor_count = session.processor_count;
    vmm.capabilities = capabilities;
    vmm.options = session.options;
    vmm.present_plan = none_of_both;
    vmm.plan_in_work = none_of_both;
    vmm.key = session.key;
    vmm.chunk_count = session.chunk_count;
    for (uint32_t i = 0; i < session.chunk_count; ++i) {
        vmm.chunks[i] = session.chunks[i];
    }
    const Chunk& c = vmm.chunks[0];
    plan.hidden[0] = {c.physical, c.bytes};
    plan.hidden_page = c.physical + layout.hidden * page;
    plan.pool.start(pool_at(c, layout.ept, layout.ept_pages));
    vmm.ept = plan;
    vmm.idt = reinterpret_cast<uint64_t>(c.address + layout.idt * page);
    vmm.msr_bitmap_physical = c.physical + layout.msr_bitmap * page;
    if (layout.view_pool_pages != 0) {
        place_views(vmm, {c.address + layout.views * page, c.physical + layout.views * page,
                          (layout.debugger - layout.views) * page});
    }
    if (layout.debugger != layout.end) {
        uint8_t* const memory_of_debugger = c.address + layout.debugger * page;
        __builtin_memset(memory_of_debugger, 0, (layout.end - layout.debugger) * page);
        gdb::place_debugger(vmm, memory_of_debugger, static_cast<uint16_t>(session.options.gdb_port));
    }
    return true;
}

bool prepare_arena(nadir_session& session, const Image& image) {
    Vmm& vmm = *session.vmm;
    const Chunk& c = vmm.chunks[0];
    const SharedLayout& l = vmm.layout;

    build_idts(reinterpret_cast<uint8_t*>(vmm.idt), cpu::read_cs());
    apply_msr_policy(*reinterpret_cast<arch::MsrBitmap*>(c.address + l.msr_bitmap * page));
    vmm.root_cr4 = choose_root_cr4(vmm.capabilities);

    PagePool pool = pool_at(c, l.root_tables, l.root_table_pages);
    AddressSpace space{pool, arch::Cr4{vmm.root_cr4}.la57() ? 5u : 4u};
    if (!map_image(vmm, space, image, l) || !map_shared(vmm, space, l) ||
        !place_vcpus(vmm, space, session.block_bytes) || !map_copies(vmm, space) || !place_windows(vmm, space)) {
        return false;
    }
    vmm.root_cr3 = space.root();
    if (!ept_build(vmm.ept)) {
        return false;
    }
    const arch::VmxEptVpidCapability ept{vmm.capabilities.msr(arch::capability_msr::vmx_ept_vpid)};
    vmm.eptp = arch::Eptp{}
                   .set_memory_type(ept.memory_type_wb() ? arch::MemoryType::write_back : arch::MemoryType::uncacheable)
                   .set_walk_length_minus_one(3)
                   .set_address(vmm.ept.root);
    vmm.signature = vmm_signature();
    return true;
}

void free_arena(nadir_session& session) {
    for (uint32_t i = 0; i < session.chunk_count; ++i) {
        if (session.chunks[i].address != nullptr) {
            // What was ours is nobody's business: keys and guest registers don't go back to the system's free memory.
            __builtin_memset(session.chunks[i].address, 0, session.chunks[i].bytes);
            nadir_host_free(session.chunks[i].address, session.chunks[i].bytes);
        }
    }
    session.chunk_count = 0;
    session.vmm = nullptr;
}

} // namespace nadir::core
