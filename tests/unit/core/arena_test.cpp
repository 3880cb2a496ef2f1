// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The arena: what is where, what root mode sees of it, and that the guest sees none of it.
#include "core/arena.h"

#include <set>

#include "arch/gates.h"
#include "arch/vmx/msr_bitmap.h"
#include "core/msr_policy.h"
#include "core/root/descriptor_tables.h"
#include "core/vmm.h"
#include "cpu/entry_points.h"
#include "tests/fakes/ept_walk.h"
#include "tests/unit/core/fixture.h"

namespace nadir::test {
namespace {

class Arena : public MachineTest {
protected:
    void make(uint32_t processors = 3) {
        own.processor_count = processors;
        own.key = 0x4242;
        core::Failure failure;
        const core::Image image = core::Image::of_host();
        ASSERT_TRUE(core::allocate_arena(own, image, capabilities, failure));
        ASSERT_TRUE(core::prepare_arena(own, image));
    }
    ~Arena() override { core::free_arena(own); }

    std::optional<fake::PageTranslation> root(const void* address) const {
        return root(reinterpret_cast<uint64_t>(address));
    }
    std::optional<fake::PageTranslation> root(uint64_t address) const {
        const unsigned levels = arch::Cr4{own.vmm->root_cr4}.la57() ? 5 : 4;
        return fake::walk_pages(own.vmm->root_cr3, levels, address, [this](uint64_t physical) {
            return reinterpret_cast<const uint64_t*>(machine.memory.linear_of(physical));
        });
    }
    // Is this page mapped to itself, as data?
    bool is_data(const uint8_t* address) const {
        const auto seen = root(address);
        return seen && seen->physical == machine.memory.physical_of(address) && seen->writable && !seen->executable;
    }
    std::optional<fake::EptTranslation> guest(uint64_t physical) const {
        return fake::walk_ept(own.vmm->ept.root, physical, own.vmm->ept.physical_bits, [this](uint64_t table) {
            return reinterpret_cast<const uint64_t*>(machine.memory.linear_of(table));
        });
    }
    // Calls f(linear, entry) for every page that root mode's tables map.
    template <typename F>
    void each_mapped(F f, uint64_t table, unsigned level, uint64_t linear = 0) const {
        const auto* entries = reinterpret_cast<const uint64_t*>(machine.memory.linear_of(table));
        for (uint64_t i = 0; i < 512; ++i) {
            const uint64_t at = linear | i << (12 + 9 * (level - 1));
            if ((entries[i] & 1) != 0 && level > 1) {
                each_mapped(f, entries[i] & 0x000F'FFFF'FFFF'F000, level - 1, at);
            } else if ((entries[i] & 1) != 0) {
                f(at, entries[i]);
            }
        }
    }

    arch::Capabilities capabilities = example_processor();
    nadir_session own{};
};

TEST_F(Arena, RootModeSeesBlocksWithoutTheirGuardPages) {
    make();
    for (uint32_t i = 0; i < 3; ++i) {
        const core::Vcpu& v = *own.vmm->vcpus[i];
        const auto* block = reinterpret_cast<const uint8_t*>(v.place.block);
        for (uint64_t page = 0; page < core::block::pages; ++page) {
            const bool guard = page == core::block::vmxon || page == core::block::vmcs;
            EXPECT_EQ(root(block + page * 4096).has_value(), !guard) << page;
            EXPECT_EQ(is_data(block + page * 4096), !guard) << page;
        }
        // Each stack grows down into a page that isn't mapped.
        EXPECT_EQ(root(block + core::block::stack * 4096 - 1), std::nullopt);
        EXPECT_EQ(root(block + core::block::fault_stack * 4096 - 1), std::nullopt);
        EXPECT_TRUE(is_data(reinterpret_cast<const uint8_t*>(&v)));
    }
}

TEST_F(Arena, RootModeSeesTheSharedDataButNotTheHiddenPage) {
    make();
    const core::Chunk& shared = own.vmm->chunks[0];
    const core::SharedLayout& l = own.vmm->layout;
    for (uint64_t page = 0; page * 4096 < shared.bytes; ++page) {
        const bool seen = page < l.hidden || page >= l.root_tables;
        EXPECT_EQ(is_data(shared.address + page * 4096), seen) << page;
    }
    EXPECT_EQ(shared.bytes, l.end * 4096);
}

TEST_F(Arena, RootModeHasItsOwnCopyOfTheImage) {
    make();
    for (const nadir_image_range& range : fake::host.image) {
        const auto* address = static_cast<const uint8_t*>(range.address);
        for (uint64_t at = 0; at < range.bytes; at += 4096) {
            const auto seen = root(address + at);
            ASSERT_TRUE(seen.has_value());
            EXPECT_FALSE(seen->writable);
            EXPECT_EQ(seen->executable, range.executable != 0);
            EXPECT_NE(seen->physical, machine.memory.physical_of(address + at))
                << "the guest could change the original";
            EXPECT_EQ(std::memcmp(machine.memory.linear_of(seen->physical), address + at, 4096), 0);
        }
        EXPECT_EQ(root(address + range.bytes), std::nullopt);
    }
    EXPECT_EQ(own.vmm->image_base, std::min(reinterpret_cast<uint64_t>(fake::host.image[0].address),
                                            reinterpret_cast<uint64_t>(fake::host.image[1].address)));
}

TEST_F(Arena, NothingElseIsMappedAndNothingIsWritableAndExecutable) {
    make();
    uint64_t mapped = 0, executable = 0;
    each_mapped(
        [&](uint64_t linear, uint64_t entry) {
            ++mapped;
            const bool x = entry >> 63 == 0, w = (entry & 2) != 0;
            executable += x ? 1 : 0;
            EXPECT_FALSE(w && x) << std::hex << linear;
            EXPECT_EQ(entry & 4, 0u) << "a user page";
        },
        own.vmm->root_cr3, 4);
    const core::SharedLayout& l = own.vmm->layout;
    EXPECT_EQ(executable, 3u);
    EXPECT_EQ(mapped, 3 * (core::block::pages - 2) + l.hidden + (l.end - l.root_tables) + 5);
}

TEST_F(Arena, TheGuestSeesNoneOfIt) {
    make();
    const uint64_t hidden = own.vmm->ept.hidden_page;
    for (uint32_t c = 0; c < own.chunk_count; ++c) {
        for (uint64_t at = 0; at < own.chunks[c].bytes; at += 4096) {
            ASSERT_EQ(guest(own.chunks[c].physical + at)->physical, hidden);
        }
        EXPECT_EQ(guest(own.chunks[c].physical - 1)->physical, own.chunks[c].physical - 1);
        const uint64_t end = own.chunks[c].physical + own.chunks[c].bytes;
        EXPECT_EQ(guest(end)->physical, end);
    }
    const auto* page = machine.memory.linear_of(hidden);
    for (unsigned i = 0; i < 4096; ++i) {
        ASSERT_EQ(page[i], 0);
    }
    EXPECT_EQ(own.vmm->eptp.value, own.vmm->ept.root | 0x1E) << "write-back, four levels";
}

TEST_F(Arena, EveryVcpuKnowsItsPlace) {
    make(5);
    std::set<uint64_t> regions;
    for (uint32_t i = 0; i < 5; ++i) {
        const core::VcpuPlace& place = own.vmm->vcpus[i]->place;
        EXPECT_EQ(place.processor, i);
        EXPECT_EQ(place.vmm, own.vmm);
        const auto* block = reinterpret_cast<const uint8_t*>(place.block);
        EXPECT_EQ(place.vmxon_physical, machine.memory.physical_of(block));
        EXPECT_EQ(place.vmcs_physical, machine.memory.physical_of(block + 3 * 4096));
        EXPECT_EQ(reinterpret_cast<const uint8_t*>(place.log), block + core::block::log * 4096);
        for (uint64_t at = 0; at < 4096; ++at) {
            ASSERT_EQ(block[core::block::vmcs * 4096 + at], 0) << "the VMCS, byte " << at;
        }
        regions.insert(place.vmxon_physical);
        regions.insert(place.vmcs_physical);
        const auto vcpu = reinterpret_cast<uint64_t>(own.vmm->vcpus[i]);
        EXPECT_GT(vcpu, place.block + core::block::stack * 4096);
        EXPECT_LE(vcpu + sizeof(core::Vcpu), place.block + (core::block::stack + 1) * 4096);
    }
    EXPECT_EQ(regions.size(), 10u);
}

TEST_F(Arena, ManyProcessorsInPieces) {
    machine.memory.largest = 1u << 20;
    make(300);
    EXPECT_GT(own.chunk_count, 5u);
    EXPECT_LE(own.chunk_count, core::max_chunks);
    for (uint32_t i = 0; i < 300; ++i) {
        ASSERT_EQ(own.vmm->vcpus[i]->place.processor, i);
        ASSERT_TRUE(is_data(reinterpret_cast<const uint8_t*>(own.vmm->vcpus[i])));
        ASSERT_EQ(guest(own.vmm->vcpus[i]->place.vmcs_physical)->physical, own.vmm->ept.hidden_page);
    }
}

TEST_F(Arena, CopiesOfManyHiddenPagesLieInPiecesOfTheirOwn) {
    machine.memory.largest = 0x3F'0000; // less than NADIR_LARGEST_ALLOCATION
    own.options.hook_pages = 10'000;
    make();
    core::Views& views = *own.vmm->views;
    EXPECT_GT(views.copies.count, 10u);
    EXPECT_GE(views.hook_capacity, 10'000u);
    uint32_t pages = views.pool.pages;
    for (uint32_t i = 0; i < views.copies.count; ++i) {
        const core::PagePool& pool = views.copies.of[i];
        pages += pool.pages;
        for (const uint64_t at : {uint64_t{0}, (pool.pages - uint64_t{1}) * 4096}) {
            EXPECT_TRUE(is_data(pool.base + at));
            EXPECT_EQ(machine.memory.physical_of(pool.base + at), pool.physical + at);
            EXPECT_EQ(guest(pool.physical + at)->physical, own.vmm->ept.hidden_page);
        }
    }
    EXPECT_EQ(pages, 10'000u);
    std::set<uint64_t> taken;
    for (uint32_t i = 0; i < pages - views.pool.pages; ++i) {
        taken.insert(views.copies.take().physical);
    }
    EXPECT_EQ(taken.size(), pages - views.pool.pages);
    EXPECT_EQ(views.copies.used(), pages - views.pool.pages);
    EXPECT_EQ(views.copies.take().entries, nullptr);
}

TEST_F(Arena, NoMoreHiddenPagesThanTheHostHasPiecesFor) {
    own.processor_count = 3;
    own.options.hook_pages = 1'000'000;
    core::Failure failure;
    EXPECT_FALSE(core::allocate_arena(own, core::Image::of_host(), capabilities, failure));
    EXPECT_GT(failure.detail[0], 0u);
    EXPECT_EQ(machine.memory.bytes_in_use(), 5u * 4096) << "the image itself";
}

TEST_F(Arena, AsManyProcessorsAsThereMayBe) {
    make(core::max_processors);
    EXPECT_EQ(own.vmm->vcpus[core::max_processors - 1]->place.processor, core::max_processors - 1);
}

// Wherever the host's memory lies, the tables that were counted before suffice.
TEST_F(Arena, AnywhereInPhysicalMemory) {
    capabilities.leaf_80000008.eax = 0x302E; // 46 bits
    for (const uint64_t where : {uint64_t{0x3FFF'F000}, uint64_t{0x7F'FFFF'D000}, uint64_t{0x80'0000'0000},
                                 uint64_t{0x123'4567'8000}, uint64_t{0xFF'FFFF'F000}, uint64_t{0x1FF'FFFF'5000}}) {
        machine.memory.next_physical = where;
        machine.memory.gap = 0x40'0000'0000; // each chunk in another gigabyte
        make(3);
        for (uint32_t c = 0; c < own.chunk_count; ++c) {
            for (const uint64_t at : {uint64_t{0}, own.chunks[c].bytes - 1}) {
                const uint64_t address = own.chunks[c].physical + at;
                if (!guest(address)) {
                    ASSERT_EQ(core::ept_map(own.vmm->ept, address), core::EptResult::mapped) << std::hex << address;
                }
                EXPECT_EQ(guest(address)->physical & ~uint64_t{0xFFF}, own.vmm->ept.hidden_page);
            }
        }
        core::free_arena(own);
        own.arena_bytes = 0;
    }
}

// Where the guest can touch more parts than there is room for, each processor has pages for tables of its own.
TEST_F(Arena, WideAddressesGiveEachProcessorTablesOfItsOwn) {
    make();
    EXPECT_EQ(own.block_bytes, core::block::bytes);
    EXPECT_FALSE(own.vmm->vcpus[0]->own_tables.exists());
    core::free_arena(own);
    own.arena_bytes = 0;
    capabilities.leaf_80000008.eax = 0x3030; // 48 bits
    make();
    EXPECT_EQ(own.block_bytes, core::block::bytes + core::EptOwnTables::pages * 4096);
    for (uint32_t i = 0; i < 3; ++i) {
        const core::PagePool& pool = own.vmm->vcpus[i]->own_tables.pool;
        EXPECT_EQ(pool.pages, core::EptOwnTables::pages);
        EXPECT_EQ(reinterpret_cast<uint64_t>(pool.base), own.vmm->vcpus[i]->place.block + core::block::bytes);
        for (uint64_t at = 0; at < uint64_t{pool.pages} * 4096; at += 4096) {
            EXPECT_TRUE(is_data(pool.base + at));
            EXPECT_EQ(pool.physical + at, machine.memory.physical_of(pool.base + at));
            EXPECT_EQ(guest(pool.physical + at)->physical, own.vmm->ept.hidden_page);
        }
    }
}

TEST_F(Arena, Idts) {
    make();
    const auto* page = reinterpret_cast<const uint8_t*>(own.vmm->idt);
    const auto* gates = reinterpret_cast<const arch::InterruptGate64*>(page);
    for (unsigned vector = 0; vector < 32; ++vector) {
        EXPECT_EQ(gates[vector],
                  arch::InterruptGate64::make(reinterpret_cast<uint64_t>(cpu::nadir_cpu_trap_stubs) + 16 * vector,
                                              arch::Selector{0x10},
                                              vector == 2 || vector == 18 ? core::ist::nmi : core::ist::fault));
    }
    for (unsigned at = 32 * 16; at < core::leaving_idt_offset; ++at) {
        ASSERT_EQ(page[at], 0);
    }
    const auto* leaving = reinterpret_cast<const arch::InterruptGate64*>(page + core::leaving_idt_offset);
    for (unsigned vector = 0; vector < 32; ++vector) {
        const auto handler = reinterpret_cast<uint64_t>(&cpu::nadir_cpu_leaving_nmi);
        EXPECT_EQ(leaving[vector],
                  vector == 2 ? arch::InterruptGate64::make(handler, arch::Selector{0x10}) : arch::InterruptGate64{});
    }
}

TEST_F(Arena, MsrBitmap) {
    make();
    const auto& bitmap =
        *reinterpret_cast<const arch::MsrBitmap*>(machine.memory.linear_of(own.vmm->msr_bitmap_physical));
    EXPECT_TRUE(bitmap.write_exits(0x200u));
    EXPECT_TRUE(bitmap.write_exits(0x79u));
    EXPECT_FALSE(bitmap.read_exits(0x200u));
    EXPECT_FALSE(bitmap.write_exits(0xC000'0080u));
}

TEST_F(Arena, RootModesCr4) {
    make();
    const arch::Cr4 cr4{own.vmm->root_cr4};
    EXPECT_TRUE(cr4.pae() && cr4.vmxe() && cr4.osfxsr() && cr4.osxsave() && cr4.mce());
    EXPECT_FALSE(cr4.la57() || cr4.pge() || cr4.pcide() || cr4.smap() || cr4.smep());
}

TEST_F(Arena, FiveLevelPaging) {
    set_msr_bits(capabilities, msr::vmx_cr4_fixed1, 1u << 12);
    machine.become(capabilities);
    machine.state().cr4 |= 1u << 12;
    machine.state().cr4 &= ~uint64_t{0x40}; // and without MCE
    make();
    EXPECT_TRUE(arch::Cr4{own.vmm->root_cr4}.la57());
    EXPECT_FALSE(arch::Cr4{own.vmm->root_cr4}.mce());
    EXPECT_TRUE(is_data(reinterpret_cast<const uint8_t*>(own.vmm)));
}

TEST_F(Arena, IsFreedAltogether) {
    make();
    EXPECT_EQ(own.arena_bytes, machine.memory.bytes_in_use() - 5 * 4096);
    core::free_arena(own);
    EXPECT_TRUE(nothing_leaked());
    EXPECT_EQ(own.vmm, nullptr);
    core::free_arena(own); // a second time does nothing
}

} // namespace
} // namespace nadir::test
