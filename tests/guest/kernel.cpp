// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A small Multiboot kernel for tests of the loader: prints on COM1 what it was given, starts the other processors by
// INIT-SIPI-SIPI, counts them, and switches the machine off. It must print the same bare and under Nadir.
#include "hosts/bare/entry/multiboot.h"

extern "C" {
extern const unsigned char other_start[];
extern const unsigned char other_end[];
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
        put("guest: memory ");
        put_hex(entry->start);
        put(" ");
        put_hex(entry->bytes);
        put(" type ");
        put_hex(entry->type);
        put("\n");
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
    auto* page = reinterpret_cast<u8*>(0x8000);
    asm("" : "+r"(page));
    for (u32 i = 0; i < static_cast<u32>(other_end - other_start); ++i)
        page[i] = other_start[i];
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
    print_processor();
    start_others();
    put("@@ result ok\n");
    while ((in8(0x3FD) & 0x40) == 0) { // the last character has left
    }
    for (const char* p = "Shutdown"; *p != 0; ++p)
        out8(0x8900, static_cast<u8>(*p));
}
