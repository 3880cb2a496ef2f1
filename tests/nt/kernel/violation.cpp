// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tests/nt/kernel/violation.h"

#include "hosts/bare/machine/print.h"
#include "tests/nt/image/image.h"

namespace nadir::nt {

void describe_address(char (&text)[64], u64 address) {
    text[0] = 0;
    if (address == 0)
        return;
    if (const char* section = section_of(address))
        bare::format_text(text, sizeof text, " at driver+%llx (%s)", address - image().base, section);
    else
        bare::format_text(text, sizeof text, " at %llx, outside the driver", address);
}

void violation(const char* rule, u64 address, const char* format, ...) {
    // Only the first, and nothing on its way may interrupt it: a wrong state would be found over and over.
    static bool found;
    asm volatile("cli" : : : "memory");
    while (__atomic_exchange_n(&found, true, __ATOMIC_ACQ_REL))
        asm volatile("hlt");
    char what[320];
    char where[64];
    __builtin_va_list arguments;
    __builtin_va_start(arguments, format);
    bare::format_arguments(what, sizeof what, format, arguments);
    __builtin_va_end(arguments);
    describe_address(where, address);
    bare::print("@@ violation %s: %s%s\n", rule, what, where);
    bare::finish(false, "the driver broke a rule");
}

} // namespace nadir::nt
