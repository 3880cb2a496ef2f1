// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A small Multiboot kernel for tests of the loader: prints on COM1 what it was given, starts the other processors by
// INIT-SIPI-SIPI, counts them, and switches the machine off. It must print the same bare and under Nadir.
#include "hosts/bare/entry/multiboot.h"

extern "C" {
extern const unsigned char other_start[];
extern const unsigned char other_end[];
extern const unsigned char bios_start[];
extern const unsigned char bios_end[];
volatile unsigned started;
}

namespace {

using namespace nadir::bare;
namespace mb = nadir::bare::multiboot;

void out8(u16 port, u8 value) { asm volatile("outb %0, %1" : : "a"(value), "Nd"(port)); }

u8 in8(u16 port) {
    u8 value;
    asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

void put(char c) {
    while ((in8(0x3FD) & 0x20) == 0) {
    }
    out8(0x3F8, static_cast<u8>(c));
}

void put(const char* text) {
    for (; *text != 0; ++text)
        put(*text);
}

void put_hex(u64 value) {
    for (int shift = 60; shift >= 0; shift -= 4)
        put("0123456789abcdef"[value >> shift & 15]);
}

template <typename T>
const T* at(u32 address) {
    return reinterpret_cast<const T*>(address);
}

void put_range(const char* name, u64 start, u64 bytes, u32 type) {
    put(name);
    put_hex(start);
    put(" ");
    put_hex(bytes);
    put(" type ");
    put_hex(type);
    put("\n");
}

void print_information(const mb::Information& information) {
    put("guest: command line: ");
    put(at<char>(information.command_line));
    put("\nguest: loader: ");
    put(at<char>(information.loader_name));
    put("\nguest: upper KiB ");
    put_hex(information.memory_upper);
    put("\n");
    for (u32 offset = 0; offset < information.map_bytes;) {
        const auto* entry = at<mb::MapEntry>(information.map + offset);
        put_range("guest: memory ", entry->start, entry->bytes, entry->type);
        offset += entry->size + 4;
    }
    const auto* modules = at<mb::Module>(information.modules);
    for (u32 i = 0; i < information.module_count; ++i) {
        u32 sum = 0;
        for (u32 address = modules[i].start; address < modules[i].end; ++address)
            sum += *at<u8>(address);
        put("guest: module ");
        put(at<char>(modules[i].command_line));
        put(" bytes ");
        put_hex(modules[i].end - modules[i].start);
        put(" sum ");
        put_hex(sum);
        put("\n");
    }
}

// start.S knows the layout.
struct [[gnu::packed]] BiosAnswers {
    u16 carry_of_a_wrong_call;
    u16 int_12h;
    u16 int_15h_88h;
    u16 int_15h_e801h[4];
    u16 count;
    struct [[gnu::packed]] {
        u64 start;
        u64 bytes;
        u32 type;
    } entries[32];
};

void copy_low(u32 to, const u8* from, const u8* end) {
    auto* page = reinterpret_cast<u8*>(to);
    asm("" : "+r"(page));
    while (from != end)
        *page++ = *from++;
}

void print_bios() {
    constexpr u32 code = 0x7000;
    copy_low(code, bios_start, bios_end);
    asm volatile("call *%0" : : "r"(code) : "memory", "cc");
    const auto* answers = at<BiosAnswers>(0x7400);
    asm("" : "+r"(answers));
    for (u32 i = 0; i < answers->count; ++i)
        put_range("guest: bios memory ", answers->entries[i].start, answers->entries[i].bytes,
                  answers->entries[i].type);
    put("guest: bios low KiB ");
    put_hex(answers->int_12h);
    put(" 88h ");
    put_hex(answers->int_15h_88h);
    put(" e801h");
    for (const u16 value : answers->int_15h_e801h) {
        put(" ");
        put_hex(value);
    }
    put(" wrong signature ");
    put_hex(answers->carry_of_a_wrong_call);
    put("\n");
}

// The control registers as a kernel finds them, and a CPUID, which exits.
void print_processor() {
    u32 cr0;
    u32 cr4;
    u32 flags;
    asm volatile("mov %%cr0, %0" : "=r"(cr0));
    asm volatile("mov %%cr4, %0" : "=r"(cr4));
    asm volatile("pushfl; popl %0" : "=r"(flags));
    u32 a = 1;
    u32 b;
    u32 c = 0;
    u32 d;
    asm volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    put("guest: cr0 ");
    put_hex(cr0);
    put(" cr4 ");
    put_hex(cr4);
    put(" interrupts ");
    put_hex(flags >> 9 & 1);
    put(" cpuid.1 ");
    put_hex(a);
    put(" ");
    put_hex(c);
    put(" ");
    put_hex(d);
    put("\n");
}

void wait(u32 rounds) {
    for (u32 i = 0; i < rounds; ++i)
        asm volatile("pause");
}

void start_others() {
    copy_low(0x8000, other_start, other_end);
    auto* icr = reinterpret_cast<volatile u32*>(0xFEE0'0300);
    *icr = 0x000C'4500; // INIT to all others
    wait(20'000);
    *icr = 0x000C'4608; // start-up at 8000H
    wait(20'000);
    *icr = 0x000C'4608;
    wait(200'000);
    put("guest: others started ");
    put_hex(started);
    put("\n");
}

} // namespace

extern "C" void kernel_main(u32 magic, const mb::Information* information) {
    out8(0x3FB, 0x03); // COM1: 8 bits, where a loader hasn't done it; the BIOS leaves 5
    put("guest: magic ");
    put_hex(magic);
    put("\n");
    print_information(*information);
    print_bios();
    print_processor();
    start_others();
    put("@@ result ok\n");
    while ((in8(0x3FD) & 0x40) == 0) { // the last character has left
    }
    for (const char* p = "Shutdown"; *p != 0; ++p)
        out8(0x8900, static_cast<u8>(*p));
}
