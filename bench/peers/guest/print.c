// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "print.h"

void peers_print(const struct peers_environment* environment, const char* text) {
    while (*text)
        environment->put(*text++);
}

void peers_print_number(const struct peers_environment* environment, uint64_t number) {
    char digits[20];
    unsigned count = 0;

    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    while (count)
        environment->put(digits[--count]);
}
