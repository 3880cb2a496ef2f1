// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * Touches a page that somebody may watch or protect, a known number of times on each of processors 0 and 1, both at once. It says
 * "data PHYSICAL code PHYSICAL"; then it does, and answers with a line for, each of its input's:
 *   write COUNT     increments the first word, and the first of the upper half
 *   read COUNT      the same words
 *   execute COUNT   calls a function that returns at once, in a page of its own
 *   kernel COUNT    has the kernel write eight zeros to the second word
 *   set             the second word to 0x77
 *   words           the first two, and the first of the upper half
 *   again           gives the page back, and takes memory until it has got the same one; and writes to it, once
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PROCESSORS 2
#define PAGE 4096u
#define UPPER (PAGE / 2 / sizeof(uint64_t))
#define FRAME ((1ull << 55) - 1)
#define MOST 4096

static volatile uint64_t *data;
static void (*code)(void);
static char what[16];
static unsigned long count;
static int zero;
static pthread_barrier_t begin;

static uint64_t physical(const volatile void *address)
{
    static int map = -1;
    uint64_t entry = 0;

    if (map < 0)
        map = open("/proc/self/pagemap", O_RDONLY);
    if (pread(map, &entry, sizeof(entry), (off_t)((uintptr_t)address / PAGE * sizeof(entry))) != sizeof(entry))
        perror("pagemap");
    return (entry & FRAME) * PAGE;
}

static void *new_page(int rights)
{
    char *page = mmap(NULL, PAGE, rights, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    page[PAGE - 1] = 0; /* it is there */
    return page;
}

static void *work(void *number)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET((int)(intptr_t)number, &set);
    if (sched_setaffinity(0, sizeof(set), &set))
        perror("sched_setaffinity");
    pthread_barrier_wait(&begin);
    for (unsigned long i = 0; i < count; i++) {
        if (!strcmp(what, "write")) {
            __asm__ volatile("lock incq %0; lock incq %1" : "+m"(data[0]), "+m"(data[UPPER]));
        } else if (!strcmp(what, "read")) {
            (void)data[0];
            (void)data[UPPER];
        } else if (!strcmp(what, "execute")) {
            code();
        } else if (read(zero, (void *)&data[1], sizeof(*data)) != sizeof(*data)) {
            perror("read");
        }
    }
    return NULL;
}

static void on_both(void)
{
    pthread_t threads[PROCESSORS];

    for (intptr_t i = 0; i < PROCESSORS; i++)
        pthread_create(&threads[i], NULL, work, (void *)i);
    for (int i = 0; i < PROCESSORS; i++)
        pthread_join(threads[i], NULL);
}

static int take_again(void)
{
    static volatile uint64_t *pages[MOST];
    const uint64_t wanted = physical(data);
    int taken = 0;

    munmap((void *)data, PAGE);
    while (taken < MOST) {
        pages[taken] = new_page(PROT_READ | PROT_WRITE);
        if (physical(pages[taken++]) == wanted)
            break;
    }
    data = pages[taken - 1];
    data[0] = 5;
    return physical(data) == wanted;
}

static sigjmp_buf back;

static void go_back(int signal)
{
    siglongjmp(back, signal);
}

/* The signal that came of it; 0: none. */
static int set_second(void)
{
    const int signal = sigsetjmp(back, 1);

    if (!signal)
        data[1] = 0x77;
    return signal;
}

int main(void)
{
    char line[64];

    signal(SIGSEGV, go_back);

    setbuf(stdout, NULL);
    zero = open("/dev/zero", O_RDONLY);
    data = new_page(PROT_READ | PROT_WRITE);
    code = (void (*)(void))new_page(PROT_READ | PROT_WRITE | PROT_EXEC);
    *(unsigned char *)code = 0xc3; /* RET */
    mlockall(MCL_CURRENT);
    pthread_barrier_init(&begin, NULL, PROCESSORS);
    printf("data %llx code %llx\n", (unsigned long long)physical(data), (unsigned long long)physical((void *)code));
    while (fgets(line, sizeof(line), stdin) && sscanf(line, "%15s %lu", what, &count) >= 1) {
        if (!strcmp(what, "again"))
            printf("again %d\n", take_again());
        else if (!strcmp(what, "set"))
            printf("set %d\n", set_second());
        else if (!strcmp(what, "words"))
            printf("words %llx %llx %llx\n", (unsigned long long)data[0], (unsigned long long)data[1],
                   (unsigned long long)data[UPPER]);
        else {
            on_both();
            printf("%s done\n", what);
        }
    }
    return 0;
}
