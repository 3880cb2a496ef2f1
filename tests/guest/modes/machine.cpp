// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tests/guest/modes/machine.h"

#include "tests/guest/modes/low.h"
#include "tests/guest/modes/events.h"

namespace nadir::modes {

u64 gdt[gdt_entries];
MainTask main_task;

namespace {

u64 idt[0x61];
u8 kernel_stack[4096]; // of events at CPL 3 and in V86 mode

extern "C" const u8 event_stubs[];
extern "C" const u8 end_stub[];

struct [[gnu::packed]] TablePointer {
    u16 limit;
    u32 base;
};

void put(char c) {
    while ((in8(0x3FD) & 0x20) == 0) {
    }
    out8(0x3F8, static_cast<u8>(c));
}

void put(const char* text) {
    for (; *text != 0; ++text)
        put(*text);
}

void put_number(u32 value, u32 base) {
    char digits[10];
    u32 count = 0;
    do {
        digits[count++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    while (count != 0)
        put(digits[--count]);
}

void fill_gdt() {
    constexpr u32 flat = in_pages | big;
    const auto set = [](u32 selector, u64 value) { gdt[selector / 8] = value; };
    for (u64& entry : gdt)
        entry = 0;
    set(code32, descriptor(0, 0xFFFFF, type::flat_code, 0, flat));
    set(data32, descriptor(0, 0xFFFFF, type::flat_data, 0, flat));
    set(code32_user, descriptor(0, 0xFFFFF, type::flat_code, 3, flat));
    set(data32_user, descriptor(0, 0xFFFFF, type::flat_data, 3, flat));
    set(main_tss, descriptor(text_address(&main_task), sizeof main_task - 1, type::tss32));
    set(code16, descriptor(low_base, 0xFFFF, type::flat_code));
    set(data16, descriptor(0, 0xFFFF, type::flat_data));
    set(code16_user, descriptor(low_base, 0xFFFF, type::flat_code, 3));
    set(code64, descriptor(0, 0xFFFFF, type::flat_code, 0, in_pages | long_mode));
}

void fill_idt() {
    constexpr u32 end_vectors[] = {end_vector, wake_vector};
    for (u32 vector = 0; vector < 32; ++vector)
        set_gate(vector, gate_descriptor(code32, text_address(event_stubs) + vector * 16, type::interrupt_gate,
                                         vector == 3 || vector == 4 ? 3 : 0));
    for (u32 vector = 32; vector < end_vector; ++vector)
        set_gate(vector, 0);
    for (const u32 vector : end_vectors)
        set_gate(vector, gate_descriptor(code32, text_address(end_stub), type::interrupt_gate, 3));
}

} // namespace

// What the compiler calls; base/memory.cpp needs headers that 32-bit code doesn't have.
extern "C" void* memcpy(void* to, const void* from, usize bytes) {
    void* result = to;
    asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes) : : "memory");
    return result;
}
extern "C" void* memset(void* to, int value, usize bytes) {
    void* result = to;
    asm volatile("rep stosb" : "+D"(to), "+c"(bytes) : "a"(value) : "memory");
    return result;
}

u32 text_address(const void* pointer) { return reinterpret_cast<u32>(pointer); }

void set_gate(u32 vector, u64 gate) { idt[vector] = gate; }

void reset_descriptors() {
    fill_gdt();
    fill_idt();
    main_task = {};
    main_task.state.esp0 = text_address(kernel_stack + sizeof kernel_stack);
    main_task.state.ss0 = data32;
    main_task.state.io_map_base = __builtin_offsetof(MainTask, io_map);
    for (u8& byte : main_task.redirection)
        byte = 0xFF;
    main_task.io_map[0] = 0xFF;
    const TablePointer gdt_pointer{sizeof gdt - 1, text_address(gdt)};
    const TablePointer idt_pointer{sizeof idt - 1, text_address(idt)};
    asm volatile("lgdt %0; lidt %1; ljmp %2, $1f; 1: mov %3, %%ds; mov %3, %%es; mov %3, %%ss; mov %3, %%fs;"
                 "mov %3, %%gs; lldt %w4; ltr %w5"
                 :
                 : "m"(gdt_pointer), "m"(idt_pointer), "i"(code32), "r"(u32{data32}), "r"(0), "r"(u32{main_tss})
                 : "memory");
}

void open_console() {
    out8(0x3FB, 0x80); // 115200 baud, 8N1, FIFOs on
    out8(0x3F8, 1);
    out8(0x3F9, 0);
    out8(0x3FB, 3);
    out8(0x3FA, 7);
}

void print_arguments(const char* format, __builtin_va_list arguments) {
    for (; *format != 0; ++format) {
        if (*format != '%') {
            put(*format);
            continue;
        }
        switch (*++format) {
        case 's': put(__builtin_va_arg(arguments, const char*)); break;
        case 'u': put_number(__builtin_va_arg(arguments, u32), 10); break;
        default: put_number(__builtin_va_arg(arguments, u32), 16); break;
        }
    }
}

void print(const char* format, ...) {
    __builtin_va_list arguments;
    __builtin_va_start(arguments, format);
    print_arguments(format, arguments);
    __builtin_va_end(arguments);
}

void finish(const char* failure) {
    if (failure == nullptr)
        print("@@ result ok\n");
    else
        print("@@ result fail: %s\n", failure);
    while ((in8(0x3FD) & 0x40) == 0) { // the last character has left
    }
    for (const char* p = "Shutdown"; *p != 0; ++p)
        out8(0x8900, static_cast<u8>(*p));
    for (;;)
        asm volatile("cli; hlt");
}

} // namespace nadir::modes
