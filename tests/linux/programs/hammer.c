// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * hammer SEED COUNT: asks /dev/nadir for things, at random and mostly wrongly, COUNT times in each of several threads and
 * processes at once: numbers, sizes, directions, pointers of every kind, structures that change during the call, closing
 * and opening, turning on and off, signals, killed processes, callers without rights. Whatever comes back has to be among
 * the answers that hosts/linux/ioctl.h promises, and nothing beyond the structure may be written.
 * Last line: "hammer: ok", or what was wrong before it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/nadir.h"
#include "hosts/linux/ioctl.h"

#define LARGEST 16384
#define CANARY 0xA7
#define THREADS 3
#define CHILDREN 3

static const struct function {
    unsigned int number;
    nadir_u32 size;
} functions[] = {
    {NADIR_IOCTL_ON, sizeof(struct nadir_on_request)},
    {NADIR_IOCTL_OFF, sizeof(struct nadir_off_request)},
    {NADIR_IOCTL_STATE, sizeof(struct nadir_state_request)},
    {NADIR_IOCTL_STATISTICS, sizeof(struct nadir_statistics_request)},
    {NADIR_IOCTL_LOG, sizeof(struct nadir_log_request)},
    {NADIR_IOCTL_CAPABILITIES, sizeof(struct nadir_capabilities_request)},
    {NADIR_IOCTL_VMCS, sizeof(struct nadir_vmcs_request)},
    {NADIR_IOCTL_EVENTS_BEGIN, sizeof(struct nadir_events_begin_request)},
    {NADIR_IOCTL_EVENTS_READ, sizeof(struct nadir_events_read_request)},
    {NADIR_IOCTL_EVENTS_END, sizeof(struct nadir_events_end_request)},
    {NADIR_IOCTL_HOOKS_SET, sizeof(struct nadir_hooks_set_request)},
    {NADIR_IOCTL_HOOKS_CLEAR, sizeof(struct nadir_hooks_clear_request)},
    {NADIR_IOCTL_HOOKS_LIST, sizeof(struct nadir_hooks_list_request)},
};
#define FUNCTIONS (sizeof(functions) / sizeof(*functions))

static atomic_uint wrong, answered, refused, cycles, stop;
static int device;
/* Asked with by everybody, and changed by a thread all the while. */
static nadir_u8 *shared;

struct random {
    unsigned long long state;
};

static unsigned int next(struct random *random, unsigned int end)
{
    random->state = random->state * 6364136223846793005ull + 1442695040888963407ull;
    return (unsigned int)((random->state >> 33) % end);
}

static void complain(const char *what, unsigned long number, const void *pointer, int error)
{
    atomic_fetch_add(&wrong, 1);
    printf("hammer: %s: number %lx pointer %p errno %s\n", what, number, pointer, strerrorname_np(error) ?: "0");
}

/* Two pages that can be used, and none before or behind; read-only ones; none at all. */
static nadir_u8 *new_pages(int protection)
{
    nadir_u8 *pages = mmap(NULL, LARGEST + 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    mprotect(pages + 4096, LARGEST, protection);
    return pages + 4096;
}

/* What the device may answer. EIO isn't among it: nothing here is to fail inside. EBUSY has who asks for another one's events. */
static int is_promised(int error)
{
    switch (error) {
    case 0:
    case EPERM:
    case EBUSY:
    case ENOTTY:
    case EMSGSIZE:
    case EPROTO:
    case EFAULT:
    case EINTR:
    case EINVAL:
    case EALREADY:
    case ECANCELED:
        return 1;
    default:
        return 0;
    }
}

static int ask(int file, unsigned long number, void *pointer)
{
    const int error = ioctl(file, number, pointer) ? errno : 0;

    atomic_fetch_add(error ? &refused : &answered, 1);
    if (!is_promised(error))
        complain("an answer that nobody promised", number, pointer, error);
    return error;
}

/* Steps that fail without the processor's help, and numbers that are no step. */
static nadir_u32 some_step(struct random *random)
{
    static const nadir_u32 steps[] = {0,
                                      0,
                                      0,
                                      NADIR_STEP_PROBE,
                                      NADIR_STEP_CHECK_PROCESSOR,
                                      NADIR_STEP_CONTROL_REGISTERS,
                                      NADIR_STEP_CONFIRM,
                                      NADIR_STEP_COUNT,
                                      0xffffffff};

    return steps[next(random, sizeof(steps) / sizeof(*steps))];
}

static void fill(struct random *random, const struct function *function, nadir_u8 *buffer)
{
    struct nadir_header *header = (void *)buffer;

    memset(buffer, (int)next(random, 256), function->size);
    *header = (struct nadir_header){NADIR_CONTROL_VERSION, function->size};
    if (function->number == NADIR_IOCTL_ON)
        ((struct nadir_on_request *)buffer)->options = (struct nadir_options){.log_level = next(random, 6),
                                                                              .fail_step = some_step(random),
                                                                              .fail_processor = next(random, 4) - 1,
                                                                              .allow_provoke = next(random, 2)};
    else if (function->number == NADIR_IOCTL_EVENTS_BEGIN)
        ((struct nadir_events_begin_request *)buffer)->filter =
            (struct nadir_event_filter){.kinds = next(random, 32), .options = next(random, 3)};
    else if (function->number != NADIR_IOCTL_OFF && next(random, 4))
        *(nadir_u32 *)(header + 1) = next(random, 4) - 1; /* a processor, where there is one: two exist */
    if (!next(random, 8))
        header->version = next(random, 4);
    if (!next(random, 8))
        header->size += next(random, 16) - 8;
}

/* A good pointer: the answer fits, and what lies behind it stays as it was. */
static void ask_well(struct random *random, int file, const struct function *function, nadir_u8 *pages)
{
    nadir_u8 *buffer = pages + (next(random, 2) ? LARGEST - function->size : next(random, LARGEST - function->size));

    memset(pages, CANARY, LARGEST);
    fill(random, function, buffer);
    const int error = ask(file, function->number, buffer);
    for (nadir_u8 *p = pages; p < pages + LARGEST; p++)
        if ((p < buffer || p >= buffer + function->size) && *p != CANARY)
            complain("written outside the structure", function->number, p, error);
    if (function->number == NADIR_IOCTL_ON && !error)
        atomic_fetch_add(&cycles, 1);
}

static void ask_badly(struct random *random, int file, const struct function *function, nadir_u8 *pages,
                      nadir_u8 *read_only)
{
    nadir_u8 *none = pages + LARGEST;
    void *const pointers[] = {NULL,
                              (void *)1,
                              none,
                              none - 1,
                              none - 8,
                              none - function->size + 1,
                              pages - 8,
                              read_only,
                              read_only + LARGEST - function->size,
                              (void *)0x7ffffffff000,
                              (void *)0x7fffffffffff,
                              (void *)0x8000000000000000,
                              (void *)0xffff888000000000,
                              (void *)0xffffffff81000000,
                              (void *)0xffffffffffffffff};

    memset(pages, 0, LARGEST);
    fill(random, function, none - 8 - function->size);
    ask(file, function->number, pointers[next(random, sizeof(pointers) / sizeof(*pointers))]);
}

/* Any number, or nearly a good one; good ones with a good structure are asked elsewhere. */
static void ask_strangely(struct random *random, int file, nadir_u8 *pages)
{
    unsigned long number = functions[next(random, FUNCTIONS)].number ^ (1u << next(random, 32));

    if (!next(random, 4))
        number = (unsigned long)next(random, 0x7fffffff) << 1 | next(random, 2);
    memset(pages, (int)next(random, 256), LARGEST);
    const int error = ask(file, number, pages);
    if (!error)
        complain("a number that isn't there was answered", number, pages, error);
}

static void ask_shared(struct random *random, int file)
{
    const struct function *function = &functions[2 + next(random, FUNCTIONS - 2)];

    ask(file, function->number, shared);
}

/* What a device of its kind has besides requests. */
static void use_otherwise(int file)
{
    struct pollfd poll_device = {.fd = file, .events = POLLIN};
    char byte = 0;

    if (read(file, &byte, 1) != -1 || errno != EINVAL || write(file, &byte, 1) != -1 || errno != EINVAL)
        complain("read or write", 0, NULL, errno);
    if (lseek(file, 0, SEEK_SET) != -1 || errno != ESPIPE)
        complain("seek", 0, NULL, errno);
    if (mmap(NULL, 4096, PROT_READ, MAP_SHARED, file, 0) != MAP_FAILED || errno != ENODEV)
        complain("mmap", 0, NULL, errno);
    if (poll(&poll_device, 1, 0) < 0 && errno != EINTR)
        complain("poll", 0, NULL, errno);
}

static void hammer(unsigned long long seed, unsigned int count)
{
    struct random random = {seed};
    nadir_u8 *pages = new_pages(PROT_READ | PROT_WRITE), *read_only = new_pages(PROT_READ);
    int file = dup(device);

    for (unsigned int i = 0; i < count && !atomic_load(&stop); i++) {
        const unsigned int kind = next(&random, 32);
        /* Turning on and off takes by far the longest. */
        const struct function *function = &functions[next(&random, 16) ? 2 + next(&random, FUNCTIONS - 2) : i % 2];

        if (kind < 14)
            ask_well(&random, file, function, pages);
        else if (kind < 20)
            ask_badly(&random, file, &functions[next(&random, FUNCTIONS)], pages, read_only);
        else if (kind < 26)
            ask_strangely(&random, file, pages);
        else if (kind < 30)
            ask_shared(&random, file);
        else if (kind < 31)
            use_otherwise(file);
        else {
            close(file);
            file = next(&random, 2) ? dup(device) : open(NADIR_DEVICE_PATH, O_RDWR | O_CLOEXEC);
        }
    }
    close(file);
}

static unsigned int requests;

static void *hammer_in_thread(void *seed)
{
    hammer((unsigned long long)(uintptr_t)seed, requests);
    return NULL;
}

/* The structure that others have in the kernel's hands just now. */
static void *change(void *unused)
{
    struct random random = {99};
    struct nadir_header *header = (void *)shared;

    (void)unused;
    while (!atomic_load(&stop)) {
        header->version = NADIR_CONTROL_VERSION + !next(&random, 8);
        header->size = functions[next(&random, FUNCTIONS)].size;
        ((nadir_u32 *)(header + 1))[next(&random, 3)] = next(&random, 8) ? next(&random, 3) : 0xfffffff0;
    }
    return NULL;
}

static void on_alarm(int number)
{
    (void)number;
}

/* Interrupts whatever a thread waits for, again and again. */
static void set_alarms(void)
{
    struct sigaction action = {.sa_handler = on_alarm};
    struct itimerval every = {{0, 20000}, {0, 20000}};

    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &every, NULL);
}

/* Whoever lost his rights may ask for nothing, with a file that an administrator opened, either. */
static int hammer_without_rights(void)
{
    nadir_u8 *pages = new_pages(PROT_READ | PROT_WRITE);
    struct random random = {5};
    int failures = setuid(65534) != 0;

    for (unsigned int i = 0; i < FUNCTIONS; i++) {
        fill(&random, &functions[i], pages);
        failures += ioctl(device, functions[i].number, pages) != -1 || errno != EPERM;
        failures += ioctl(device, functions[i].number, NULL) != -1 || errno != EPERM;
    }
    return failures + (open(NADIR_DEVICE_PATH, O_RDWR) != -1 || errno != EACCES);
}

/* Processes that have inherited the file. All but the last, who has no rights, are killed in the midst. */
static void hammer_in_children(void)
{
    pid_t children[CHILDREN];
    int status = 0;

    for (int i = 0; i < CHILDREN; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            if (i == CHILDREN - 1)
                _exit(hammer_without_rights());
            hammer(1000 + (unsigned long long)i, ~0u);
        }
    }
    hammer(77, requests / 4);
    for (int i = 0; i < CHILDREN; i++) {
        if (i < CHILDREN - 1)
            kill(children[i], SIGKILL);
        while (waitpid(children[i], &status, 0) < 0 && errno == EINTR)
            ;
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status))
        complain("a caller without rights was answered", 0, NULL, 0);
}

int main(int count, char **words)
{
    pthread_t threads[THREADS], changer;
    const unsigned long long seed = count > 1 ? strtoull(words[1], NULL, 0) : 1;

    setvbuf(stdout, NULL, _IOLBF, 0);
    requests = count > 2 ? (unsigned int)strtoul(words[2], NULL, 0) : 1000;
    device = open(NADIR_DEVICE_PATH, O_RDWR);
    shared = mmap(NULL, LARGEST, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (device < 0 || shared == MAP_FAILED) {
        perror("hammer");
        return 2;
    }
    set_alarms();
    pthread_create(&changer, NULL, change, NULL);
    for (uintptr_t i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, hammer_in_thread, (void *)(seed + i));
    hammer_in_children();
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    atomic_store(&stop, 1);
    pthread_join(changer, NULL);
    printf("hammer: answered %u, refused %u, turned on %u times\n", answered, refused, cycles);
    printf("hammer: %s\n", wrong ? "WRONG" : "ok");
    return wrong != 0;
}
