/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The guest of floor.s: ticks of the time-stamp counter around a CPUID, and around nothing, in VMX non-root operation and then
 * on the bare processor. Reported on COM1. Freestanding, 32 bits, as a Multiboot loader starts it.
 */
enum { rounds = 20000, longest = 16384 };

struct samples {
    unsigned count[longest]; /* by ticks; what takes longer is in the last one */
};
struct result {
    struct samples cpuid, nothing;
};
struct result exits, bare;

static inline unsigned long long ticks(void) {
    unsigned low, high;
    __asm__ volatile("lfence\n\trdtsc\n\tlfence" : "=a"(low), "=d"(high)::"memory");
    return (unsigned long long)high << 32 | low;
}

static void add(struct samples* samples, unsigned long long spent) {
    samples->count[spent < longest ? (unsigned)spent : longest - 1]++;
}

void measure(struct result* result) {
    for (unsigned i = 0; i < rounds; i++) {
        unsigned long long start = ticks();
        unsigned a = 0, c = 0;
        /* ESI and EDI are floor.s's. */
        __asm__ volatile("cpuid" : "+a"(a), "+c"(c)::"ebx", "edx", "esi", "edi", "memory");
        add(&result->cpuid, ticks() - start);
        start = ticks();
        add(&result->nothing, ticks() - start);
    }
}

static inline void out(unsigned short port, unsigned char value) {
    __asm__ volatile("outb %0, %1" ::"a"(value), "Nd"(port));
}
static inline unsigned char in(unsigned short port) {
    unsigned char value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

enum { com1 = 0x3F8, line_control = com1 + 3, line_status = com1 + 5, idle = 0x40, divisor_access = 0x80, eight_bits = 3 };

static void put(char c) {
    out(com1, (unsigned char)c);
    for (unsigned tries = 0; (in(line_status) & idle) == 0 && tries < 1000000; tries++)
        ;
}
static void print(const char* text) {
    while (*text)
        put(*text++);
}
static void print_number(unsigned value) {
    char digits[12];
    unsigned at = sizeof digits - 1;
    digits[at] = 0;
    do
        digits[--at] = (char)('0' + value % 10);
    while ((value /= 10) != 0);
    print(digits + at);
}

/* So many of the samples are at most this long. */
static unsigned quantile(const struct samples* samples, unsigned wanted) {
    unsigned length = 0;
    for (unsigned seen = samples->count[0]; seen < wanted && length < longest - 1; seen += samples->count[++length])
        ;
    return length;
}

static void print_samples(const char* name, const struct samples* samples) {
    static const struct {
        const char* name;
        unsigned samples;
    } quantiles[] = {{"_min ", 1}, {"_p50 ", rounds / 2}, {"_p99 ", rounds / 100 * 99}};
    for (unsigned i = 0; i < 3; i++) {
        print("@@ floor ");
        print(name);
        print(quantiles[i].name);
        print_number(quantile(samples, quantiles[i].samples));
        print("\r\n");
    }
}

void report(void) {
    out(line_control, divisor_access);
    out(com1, 1); /* 115,200 baud */
    out(com1 + 1, 0);
    out(line_control, eight_bits);
    print_samples("exit", &exits.cpuid);
    print_samples("bare", &bare.cpuid);
    print_samples("nothing", &bare.nothing);
}
