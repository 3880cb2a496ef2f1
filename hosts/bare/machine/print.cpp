// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "hosts/bare/machine/print.h"

#include "hosts/bare/machine/instructions.h"

namespace nadir::bare {

namespace {

constexpr u16 com1 = 0x3F8;

// A processor that faults while it prints must still be able to print: nobody waits for ever.
class Turn {
public:
    Turn() {
        for (u32 i = 0; i < 10'000'000 && __atomic_exchange_n(&taken_, true, __ATOMIC_ACQUIRE); ++i)
            pause();
    }
    ~Turn() { __atomic_store_n(&taken_, false, __ATOMIC_RELEASE); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

private:
    static inline bool taken_ = false;
};

void put(char c) {
    while ((in8(com1 + 5) & 0x20) == 0)
        pause();
    out8(com1, static_cast<u8>(c));
}

class Text {
public:
    Text(char* to, usize capacity) : to_(to), capacity_(capacity) {}
    void add(char c) {
        if (used_ + 1 < capacity_)
            to_[used_++] = c;
    }
    void end() { to_[used_] = 0; }

private:
    char* to_;
    usize capacity_;
    usize used_ = 0;
};

struct Field {
    u32 width = 0;
    bool zeros = false;
    bool left = false;
};

void add_padded(Text& text, const Field& field, const char* body, u32 length) {
    for (u32 i = length; !field.left && i < field.width; ++i)
        text.add(field.zeros ? '0' : ' ');
    for (u32 i = 0; i < length; ++i)
        text.add(body[i]);
    for (u32 i = length; field.left && i < field.width; ++i)
        text.add(' ');
}

void add_number(Text& text, const Field& field, u64 value, u32 base, bool negative) {
    char digits[24];
    u32 at = sizeof digits;
    do {
        digits[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    if (negative)
        digits[--at] = '-';
    add_padded(text, field, digits + at, static_cast<u32>(sizeof digits) - at);
}

} // namespace

void format_arguments(char* to, usize capacity, const char* format, __builtin_va_list arguments) {
    Text text(to, capacity);
    for (const char* p = format; *p != 0; ++p) {
        if (*p != '%') {
            text.add(*p);
            continue;
        }
        Field field;
        for (++p; *p == '0' || *p == '-'; ++p)
            (*p == '0' ? field.zeros : field.left) = true;
        for (; *p >= '0' && *p <= '9'; ++p)
            field.width = field.width * 10 + static_cast<u32>(*p - '0');
        u32 longs = 0;
        for (; *p == 'l'; ++p)
            ++longs;
        if (*p == 's') {
            const char* s = __builtin_va_arg(arguments, const char*);
            u32 length = 0;
            while (s[length] != 0)
                ++length;
            add_padded(text, field, s, length);
        } else if (*p == 'c') {
            text.add(static_cast<char>(__builtin_va_arg(arguments, int)));
        } else if (*p == 'd') {
            const int value = __builtin_va_arg(arguments, int);
            const auto wide = static_cast<long long>(value);
            add_number(text, field, static_cast<u64>(wide < 0 ? -wide : wide), 10, wide < 0);
        } else if (*p == 'p') {
            add_number(text, field, __builtin_va_arg(arguments, u64), 16, false);
        } else if (*p == 'u' || *p == 'x') {
            const u64 value = longs != 0 ? __builtin_va_arg(arguments, u64) : __builtin_va_arg(arguments, u32);
            add_number(text, field, value, *p == 'u' ? 10 : 16, false);
        } else {
            text.add(*p);
        }
    }
    text.end();
}

void format_text(char* to, usize capacity, const char* format, ...) {
    __builtin_va_list arguments;
    __builtin_va_start(arguments, format);
    format_arguments(to, capacity, format, arguments);
    __builtin_va_end(arguments);
}

void print(const char* format, ...) {
    char line[640];
    __builtin_va_list arguments;
    __builtin_va_start(arguments, format);
    format_arguments(line, sizeof line, format, arguments);
    __builtin_va_end(arguments);
    Turn turn;
    for (const char* p = line; *p != 0; ++p)
        put(*p);
}

void flush_console() {
    while ((in8(com1 + 5) & 0x40) == 0)
        pause();
}

void finish(bool ok, const char* why) {
    if (ok)
        print("@@ result ok\n");
    else
        print("@@ result fail: %s\n", why);
    flush_console();
    for (const char* p = "Shutdown"; *p != 0; ++p) // Bochs
        out8(0x8900, static_cast<u8>(*p));
    out16(0xB004, 0x2000); // ACPI power-off, where the chipset's registers are there
    for (;;)
        asm volatile("cli; hlt");
}

} // namespace nadir::bare
