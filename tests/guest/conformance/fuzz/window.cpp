// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tests/guest/conformance/fuzz/window.h"

#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/machine/memory.h"
#include "tests/guest/conformance/tables.h"

namespace nadir::conformance::fuzz {

namespace {

constexpr u64 user = 1u << 2;
constexpr u64 writable = 1u << 1;
constexpr u64 no_execute = 1ull << 63;
constexpr u64 high_part = round_down(wrap_address, large_page_size);

struct Pages {
    u64 window_table[512];
    u64 high_table[512];
    u64 low_table[512];
    u8 code[code_bytes];
    u8 data[data_bytes];
    u8 stack[page_size];
    u8 read_only[page_size];
};

Pages* pages;

u64 entry(const void* page, u64 rights) { return physical_address(page) | present_and_writable | user | rights; }

void fill(void* memory, u64 bytes, u64 value) {
    u64 words = bytes / 8;
    asm volatile("rep stosq" : "+D"(memory), "+c"(words) : "a"(value) : "memory");
}

void place(u64 address, u8* page, u32 count, u64 rights) {
    for (u32 i = 0; i < count; ++i)
        pages->window_table[(address - window) / page_size + i] = entry(page + i * page_size, rights);
}

// The table takes the place of a 2-MiB page of the identity map.
void hang_in(u64 address, const u64* table) {
    directory_entry(address) = physical_address(table) | present_and_writable;
    allow_user(address, true);
}

} // namespace

bool prepare_window() {
    pages = static_cast<Pages*>(allocate(sizeof(Pages)));
    if (pages == nullptr)
        return false;
    fill(pages->code, code_bytes, filler * 0x0101'0101'0101'0101ull);
    place(code_address, pages->code, 2, 0);
    place(data_address, pages->data, 2, no_execute);
    place(stack_address, pages->stack, 1, no_execute);
    place(read_only_address, pages->read_only, 1, no_execute);
    pages->window_table[(read_only_address - window) / page_size] &= ~writable;
    pages->high_table[(wrap_address - high_part) / page_size] = entry(pages->code, 0);
    hang_in(window, pages->window_table);
    hang_in(high_part, pages->high_table);
    hang_in(0, pages->low_table); // nothing of the first 2 MiB: an address cut short mustn't reach what lies there
    return true;
}

void set_wrapping(bool wrapping) {
    pages->low_table[0] = wrapping ? entry(pages->code + page_size, 0) : 0;
    asm volatile("invlpg 0" : : : "memory");
}

void put_code(u32 offset, const u8* bytes, u32 length) {
    for (u32 i = 0; i < length; ++i)
        pages->code[offset + i] = bytes[i];
}

void remove_code(u32 offset, u32 length) {
    for (u32 i = 0; i < length; ++i)
        pages->code[offset + i] = filler;
}

void clear_data() {
    fill(pages->data, data_bytes, 0);
    fill(pages->stack, page_size, 0);
}

} // namespace nadir::conformance::fuzz
