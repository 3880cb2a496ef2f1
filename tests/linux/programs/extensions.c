// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * What a program sees of the extensions in examples/:
 *   extensions on               with memory for protected pages
 *   extensions list             names and counters on processors 0 and 1
 *   extensions brand            the processor's brand string on each
 *   extensions calls            1000 system calls, and how many the extension counted meanwhile
 *   extensions protect          a page under a rule: written once, and written again
 */
#define _GNU_SOURCE
#include <cpuid.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "hosts/linux/ioctl.h"

#define PROCESSORS 2

static int device;

static struct nadir_header header_of(size_t size)
{
    return (struct nadir_header){NADIR_CONTROL_VERSION, size};
}

static void move_to(int processor)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    if (sched_setaffinity(0, sizeof(set), &set))
        perror("sched_setaffinity");
}

static void turn_on(void)
{
    static struct nadir_on_request ask;

    ask.header = header_of(sizeof(ask));
    ask.options.log_level = NADIR_LEVEL_INFO;
    ask.options.hook_pages = 64;
    ioctl(device, NADIR_IOCTL_ON, &ask);
    printf("on: status %u: %s\n", ask.report.status, ask.report.text);
}

static int read_extension(unsigned int number, unsigned int processor, struct nadir_extension_request *ask)
{
    memset(ask, 0, sizeof(*ask));
    ask->header = header_of(sizeof(*ask));
    ask->number = number;
    ask->processor = processor;
    if (ioctl(device, NADIR_IOCTL_EXTENSION, ask)) {
        perror("ioctl");
        return 0;
    }
    return ask->found;
}

static void list(void)
{
    struct nadir_extension_request ask;

    for (unsigned int number = 0; read_extension(number, 0, &ask); number++) {
        printf("extension %u: %s %s: %s\n", number, ask.extension.name, ask.extension.version, ask.extension.what);
        for (unsigned int processor = 0; processor < PROCESSORS; processor++) {
            read_extension(number, processor, &ask);
            for (unsigned int i = 0; i < ask.extension.counter_count; i++)
                printf("counter %s.%s of processor %u: %llu\n", ask.extension.name, ask.extension.counter_names[i],
                       processor, ask.extension.counters[i]);
        }
    }
    printf("extensions: %u\n", ask.extension.count);
}

static unsigned long long count_of(const char *name, unsigned int processor)
{
    struct nadir_extension_request ask;

    for (unsigned int number = 0; read_extension(number, processor, &ask); number++)
        if (!strcmp(ask.extension.name, name))
            return ask.extension.counters[0];
    return 0;
}

static void brand(void)
{
    for (int processor = 0; processor < PROCESSORS; processor++) {
        unsigned int words[13] = {0};

        move_to(processor);
        for (int i = 0; i < 3; i++)
            __cpuid(0x80000002 + i, words[4 * i], words[4 * i + 1], words[4 * i + 2], words[4 * i + 3]);
        printf("brand %d: %s\n", processor, (const char *)words);
    }
}

static void calls(void)
{
    for (int processor = 0; processor < PROCESSORS; processor++) {
        unsigned long long before;

        move_to(processor);
        before = count_of("system_call_log", processor);
        for (int i = 0; i < 1000; i++)
            syscall(SYS_getppid);
        printf("calls %d: %llu\n", processor, count_of("system_call_log", processor) - before);
    }
}

static uint64_t physical_of(const void *page)
{
    uint64_t entry = 0;
    const int map = open("/proc/self/pagemap", O_RDONLY);

    if (pread(map, &entry, sizeof(entry), (uintptr_t)page / 4096 * sizeof(entry)) != sizeof(entry))
        perror("pagemap");
    close(map);
    return (entry & ((1ull << 55) - 1)) * 4096;
}

static void protect(void)
{
    static struct nadir_rules_request ask;
    volatile uint64_t *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    page[511] = 1; /* it is there, and stays */
    mlock((const void *)page, 4096);
    ask.header = header_of(sizeof(ask));
    ask.operation = NADIR_RULES_ADD;
    ask.rule.kind = NADIR_RULE_PROTECT;
    ask.rule.action = NADIR_ACTION_IGNORE;
    ask.rule.keep = physical_of((const void *)page);
    ask.rule.set = ask.rule.keep + 63;
    ioctl(device, NADIR_IOCTL_RULES, &ask);
    printf("protect: status %u: %s\n", ask.report.status, ask.report.text);
    for (int processor = 0; processor < PROCESSORS; processor++) {
        move_to(processor);
        page[processor] = 0x1111;
        printf("protected %d: %llx", processor, (unsigned long long)page[processor]);
        page[processor] = 0x2222;
        printf(" %llx\n", (unsigned long long)page[processor]);
    }
    ask.operation = NADIR_RULES_CLEAR;
    ioctl(device, NADIR_IOCTL_RULES, &ask);
    page[0] = 0x3333;
    printf("afterwards: %llx\n", (unsigned long long)page[0]);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*act)(void);
    } words[] = {{"on", turn_on}, {"list", list}, {"brand", brand}, {"calls", calls}, {"protect", protect}};

    setvbuf(stdout, NULL, _IOLBF, 0);
    device = open(NADIR_DEVICE_PATH, O_RDWR);
    if (device < 0)
        perror(NADIR_DEVICE_PATH);
    for (unsigned int i = 0; argc > 1 && i < sizeof(words) / sizeof(*words); i++)
        if (!strcmp(argv[1], words[i].name))
            words[i].act();
    return 0;
}
