// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * A process with memory of each kind to be looked at, at fixed addresses. It says "PID PHYSICAL", the latter from
 * /proc/self/pagemap, and waits to be killed.
 *   10000000 text that it wrote
 *   10001000 never touched
 *   10002000 touched, and not accessible any more
 *   20000000 memory that the kernel keeps out of its own sight, where it has such
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE 4096u
#define FRAME ((1ull << 55) - 1)

static uint64_t physical(const void *address)
{
    uint64_t entry = 0;
    const int file = open("/proc/self/pagemap", O_RDONLY);

    if (pread(file, &entry, sizeof(entry), (off_t)((uintptr_t)address / PAGE * sizeof(entry))) != sizeof(entry))
        perror("pagemap");
    close(file);
    return (entry & FRAME) * PAGE;
}

int main(void)
{
    char *text =
        mmap((void *)0x10000000, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    const int file = (int)syscall(SYS_memfd_secret, 0);

    strcpy(text, "This was written by a process that is looked at from beneath.");
    text[2 * PAGE] = 1;
    mprotect(text + 2 * PAGE, PAGE, PROT_NONE);
    if (file >= 0 && !ftruncate(file, PAGE)) {
        char *secret = mmap((void *)0x20000000, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0);

        strcpy(secret, "nobody else's");
    }
    printf("%d %llx\n", getpid(), (unsigned long long)physical(text));
    fflush(stdout);
    for (;;)
        pause();
}
