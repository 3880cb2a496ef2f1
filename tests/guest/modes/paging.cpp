// SPDX-License-Identifier: MIT OR GPL-2.0-only
// 32-bit paging and PAE paging, which loads its four top entries into the processor. [SDM3 "PAE Paging"]
#include "tests/guest/modes/paging.h"

#include "tests/guest/modes/pieces.h"

namespace nadir::modes {

namespace {

void load_cr3(void* p) { write_cr3(static_cast<Registers*>(p)->eax); }
void load_cr0(void* p) { write_cr0(static_cast<Registers*>(p)->eax); }
void load_cr4(void* p) { write_cr4(static_cast<Registers*>(p)->eax); }

// The instruction that loads the four entries, and what is in use afterwards: an address of the last quarter tells.
void trace_load(const char* name, u32 value, void (*load)(void*)) {
    const u32 before = read_cr3();
    probe(name, {value, 0, 0, 0}, load);
    line("%s: cr0 %x cr3 %s cr4 %x", name, read_cr0(), read_cr3() == before ? "as before" : "changed", read_cr4());
}

void trace_pointers() {
    const u32 cr3 = read_cr3();
    const u32 cr0 = read_cr0();
    const u32 cr4 = read_cr4();
    const u32 other = text_address(tables.other_pointers);
    const auto touch_last_quarter = [](const char* name) {
        probe(name, {0, text_address(tables.page), 0, 0}, NADIR_INSTRUCTION("movl (%%ebx), %%eax"));
        probe(name, {0, 0xC000'0000 + text_address(tables.page), 0, 0}, NADIR_INSTRUCTION("movl (%%ebx), %%eax"));
    };
    trace_load("cr3 equal", other, load_cr3);
    // What changes in memory counts only after the next load: exits in between don't load.
    tables.other_pointers[3] = 0;
    probe("cpuid", {1, 0, 0, 0}, NADIR_INSTRUCTION("cpuid; xorl %%ebx, %%ebx"));
    touch_last_quarter("fourth entry gone in memory");
    trace_load("cr3 without the fourth", other, load_cr3);
    touch_last_quarter("fourth entry gone");
    tables.other_pointers[3] = tables.pointers[3];
    touch_last_quarter("fourth entry back in memory");
    trace_load("cr4 vmxe", cr4 | cr4_vmxe, load_cr4); // exits; loads the entries only when PAE, PGE or PSE change
    touch_last_quarter("after cr4.vmxe");
    trace_load("cr4 vmxe and pge", (cr4 | cr4_vmxe) ^ 0x80, load_cr4);
    touch_last_quarter("after cr4.pge");
    trace_load("cr4 back", cr4, load_cr4);
    trace_load("cr0 ne", cr0 ^ cr0_ne, load_cr0);
    trace_load("cr0 back", cr0, load_cr0);
    constexpr u64 reserved_bits[] = {2, 4, 0x20, 0x100, u64{1} << 52, u64{1} << 63};
    for (const u64 reserved : reserved_bits) {
        tables.other_pointers[1] = tables.pointers[1] | reserved;
        line("reserved bit %x %x", static_cast<u32>(reserved >> 32), static_cast<u32>(reserved));
        trace_load("cr3", other, load_cr3);
        touch_last_quarter("after it");
    }
    tables.other_pointers[1] = tables.pointers[1];
    trace_load("cr3 again", other, load_cr3);
    tables.other_pointers[2] |= 2;
    trace_load("cr4 with a reserved bit", cr4 ^ 0x80, load_cr4);
    trace_load("cr4 vmxe with a reserved bit", cr4 ^ (0x80 | cr4_vmxe), load_cr4);
    // The emulator looks at them at every write of CR0, the manual and Nadir only where CD, NW or PG change.
    trace_load("cr0 ne and cd with a reserved bit", cr0 ^ (cr0_ne | 1u << 30), load_cr0);
    tables.other_pointers[2] = tables.pointers[2];
    trace_load("cr4 vmxe and pge again", cr4 ^ (0x80 | cr4_vmxe), load_cr4);
    trace_load("cr4 back again", cr4, load_cr4);
    trace_load("cr0 ne and cd", cr0 ^ (cr0_ne | 1u << 30), load_cr0);
    trace_load("cr0 back again", cr0, load_cr0);
    write_cr3(cr3);
}

// Paging goes on by CR0.PG with an entry that is not good.
void trace_enabling() {
    about("pae enabling ");
    const u32 cr0 = read_cr0();
    write_cr4(read_cr4() | cr4_pae);
    tables.other_pointers[1] = tables.pointers[1] | 2;
    write_cr3(text_address(tables.other_pointers));
    trace_load("cr0 pg with a reserved bit", cr0 | cr0_pg, load_cr0);
    trace_load("cr0 pg and ne with a reserved bit", (cr0 ^ cr0_ne) | cr0_pg, load_cr0);
    tables.other_pointers[1] = tables.pointers[1];
    trace_load("cr0 pg and ne", (cr0 ^ cr0_ne) | cr0_pg, load_cr0);
    write_cr0(cr0);
    write_cr4(read_cr4() & ~cr4_pae);
}

// An instruction that ends at 4 GiB: the next one is at 0.
void trace_wrap() {
    about("pae wrap ");
    for (u32 i = 0; i < 512; ++i) {
        tables.last_pages[i] = (0xFFE0'0000 + (i << 12)) | page_everything;
        tables.first_pages[i] = (i << 12) | page_everything;
    }
    tables.last_pages[511] = text_address(tables.page) | page_everything;
    tables.first_pages[0] = text_address(tables.page) | page_everything;
    tables.page[0] = 0xCD; // INT 60H
    tables.page[1] = end_vector;
    const u64 last_before = tables.pae_directories[3][511];
    const u64 first_before = tables.pae_directories[0][0];
    tables.pae_directories[3][511] = text_address(tables.last_pages) | page_everything;
    tables.pae_directories[0][0] = text_address(tables.first_pages) | page_everything;
    write_cr3(read_cr3());
    static u8 stack[1024];
    const Entry entry{0xFFFF'FFFE, code32, flags_fixed, text_address(stack + sizeof stack), data32, data32, 1, 0, 0, 0};
    Entry stepped = entry;
    stepped.eflags |= flags_tf;
    constexpr struct {
        const char* name;
        u8 code[2];
    } cases[] = {{"cpuid", {0x0F, 0xA2}}, {"invd", {0x0F, 0x08}}};
    for (const auto& c : cases) {
        tables.page[0xFFE] = c.code[0];
        tables.page[0xFFF] = c.code[1];
        trace_entry(c.name, entry, 0);
        steps.limit = 4;
        trace_entry(c.name, stepped, 0);
    }
    tables.pae_directories[3][511] = last_before;
    tables.pae_directories[0][0] = first_before;
    write_cr3(read_cr3());
}

} // namespace

void trace_paging() {
    paging_on(Paging::two_levels);
    about("two levels ");
    trace_pieces();
    paging_off();
    paging_on(Paging::pae);
    about("pae ");
    trace_pieces();
    about("pae pointers ");
    trace_pointers();
    trace_wrap();
    paging_off();
    trace_enabling();
    write_cr3(0);
}

} // namespace nadir::modes
