// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * What a program sees of rules, on each processor:
 *   rules cpuid LEAF            the four registers
 *   rules read MSR              by /dev/cpu/N/msr
 *   rules write MSR VALUE
 *   rules clear, rules execute  on processor 0 or 1 (the second word) by nadir_pins.ko
 */
#define _GNU_SOURCE
#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void move_to(int processor)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    if (sched_setaffinity(0, sizeof(set), &set))
        perror("sched_setaffinity");
}

static void show_cpuid(int processor, unsigned int leaf)
{
    unsigned int a, b, c, d;

    move_to(processor);
    __cpuid_count(leaf, 0, a, b, c, d);
    printf("cpuid %d: %x %x %x %x\n", processor, a, b, c, d);
}

static void use_msr(int processor, unsigned int msr, const char *value)
{
    unsigned long long word = value ? strtoull(value, NULL, 0) : 0;
    char path[32];
    int file;
    ssize_t done;

    snprintf(path, sizeof(path), "/dev/cpu/%d/msr", processor);
    file = open(path, O_RDWR);
    done = value ? pwrite(file, &word, 8, msr) : pread(file, &word, 8, msr);
    printf("%s %d: %s %llx\n", value ? "write" : "read", processor, done == 8 ? "done" : strerrorname_np(errno), word);
    close(file);
}

static void attack(int processor, int execute)
{
    unsigned char *code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int file = open("/proc/nadir_pins", O_WRONLY);
    char words[32];

    code[0] = 0xc3; /* RET */
    move_to(processor);
    snprintf(words, sizeof(words), "%lx", execute ? (unsigned long)code : 0ul);
    if (write(file, words, strlen(words)) < 0)
        perror("nadir_pins");
}

int main(int count, char **words)
{
    const char *what = count > 1 ? words[1] : "";

    setbuf(stdout, NULL);
    if (!strcmp(what, "clear") || !strcmp(what, "execute")) {
        attack(atoi(words[2]), what[0] == 'e');
        return 0;
    }
    for (int processor = 0; processor < sysconf(_SC_NPROCESSORS_ONLN); processor++) {
        const unsigned int number = (unsigned int)strtoull(words[2], NULL, 0);

        if (!strcmp(what, "cpuid"))
            show_cpuid(processor, number);
        else
            use_msr(processor, number, !strcmp(what, "write") ? words[3] : NULL);
    }
    return 0;
}
