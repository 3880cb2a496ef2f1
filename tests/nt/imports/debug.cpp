// SPDX-License-Identifier: MIT OR GPL-2.0-only
// DbgPrintEx, on COM1: each line after "dbg:".
#include "hosts/bare/machine/print.h"
#include "tests/nt/image/call.h"
#include "tests/nt/imports/imports.h"
#include "tests/nt/kernel/violation.h"

namespace nadir::nt {

namespace {

constexpr u32 most_characters = 512; // of one call, as on Windows

class Line {
public:
    void add(char c) {
        if (used_ + 1 < most_characters)
            text_[used_++] = c;
    }
    void add(const char* text) {
        while (*text != 0)
            add(*text++);
    }
    const char* end() {
        while (used_ != 0 && text_[used_ - 1] == '\n')
            --used_;
        text_[used_] = 0;
        return text_;
    }

private:
    char text_[most_characters];
    u32 used_ = 0;
};

void add_number(Line& line, u64 value, u32 base, u32 width, bool zeros, bool negative) {
    char digits[24];
    u32 at = sizeof digits - 1;
    digits[at] = 0;
    do {
        digits[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    if (negative)
        digits[--at] = '-';
    for (u32 length = sizeof digits - 1 - at; length < width; ++length)
        line.add(zeros ? '0' : ' ');
    line.add(digits + at);
}

void add_field(Line& line, const char*& p, __builtin_ms_va_list& arguments) {
    const bool zeros = *p == '0';
    u32 width = 0;
    for (; *p >= '0' && *p <= '9'; ++p)
        width = width * 10 + static_cast<u32>(*p - '0');
    bool wide = false;
    for (; *p == 'l' || *p == 'I' || *p == '6' || *p == '4'; ++p)
        wide = wide || (p[0] == 'l' && p[1] == 'l') || *p == 'I';
    const u64 value = __builtin_va_arg(arguments, u64);
    const u64 narrow = wide ? value : value & 0xFFFF'FFFF;
    switch (*p++) {
    case 's': line.add(reinterpret_cast<const char*>(value)); return;
    case 'c': line.add(static_cast<char>(value)); return;
    case 'u': add_number(line, narrow, 10, width, zeros, false); return;
    case 'x':
    case 'X': add_number(line, narrow, 16, width, zeros, false); return;
    case 'p': add_number(line, value, 16, 16, true, false); return;
    case 'd': {
        const i64 number = wide ? static_cast<i64>(value) : static_cast<i32>(value);
        add_number(line, static_cast<u64>(number < 0 ? -number : number), 10, width, zeros, number < 0);
        return;
    }
    default:
        violation(rule::import, last_caller(), "DbgPrintEx with a format that this kernel doesn't know: %%%c", p[-1]);
    }
}

NADIR_NT_ABI u32 DbgPrintEx(u32, u32, const char* format, ...) {
    __builtin_ms_va_list arguments;
    __builtin_ms_va_start(arguments, format);
    Line line;
    for (const char* p = format; *p != 0;) {
        if (*p != '%')
            line.add(*p++);
        else if (*++p == '%')
            line.add(*p++);
        else
            add_field(line, p, arguments);
    }
    __builtin_ms_va_end(arguments);
    bare::print("dbg: %s\n", line.end());
    return status::success;
}

[[noreturn]] NADIR_NT_ABI void KeBugCheckEx(u32 code, u64 p1, u64 p2, u64 p3, u64 p4) {
    violation(rule::exception, last_caller(), "the driver ends the system: KeBugCheckEx(%x, %llx, %llx, %llx, %llx)",
              code, p1, p2, p3, p4);
}

} // namespace

Imports debug_imports() {
    static const Import table[] = {
        {"DbgPrintEx", reinterpret_cast<const void*>(&DbgPrintEx), high_level, any_interrupt_flag},
        {"KeBugCheckEx", reinterpret_cast<const void*>(&KeBugCheckEx), high_level, any_interrupt_flag},
    };
    return {table, sizeof table / sizeof table[0]};
}

} // namespace nadir::nt
