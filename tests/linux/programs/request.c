// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * Asks /dev/nadir for things, rightly and wrongly, and prints what came of it, one line each:
 *   on: errno=0 status=0 step=0 processor=4294967295 text=...
 * Usage: request WORD..., each of the words below in turn. NAME=NUMBER before `on` sets an option of the start.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/nadir.h"
#include "hosts/linux/ioctl.h"

static int device = -1;
static struct nadir_options options = {.log_level = NADIR_LEVEL_DEBUG};

static int request(unsigned long number, void *structure)
{
    return ioctl(device, number, structure) ? errno : 0;
}

static struct nadir_header header_of(size_t size)
{
    return (struct nadir_header){NADIR_CONTROL_VERSION, (nadir_u32)size};
}

static void print_report(const char *name, int error, const struct nadir_report *report)
{
    printf("%s: errno=%d status=%u step=%u processor=%u detail=%llx,%llx text=%s\n", name, error, report->status,
           report->step, report->processor, report->detail[0], report->detail[1], report->text);
}

static void on(void)
{
    struct nadir_on_request on = {.header = header_of(sizeof(on)), .options = options};
    const int error = request(NADIR_IOCTL_ON, &on);

    print_report("on", error, &on.report);
}

static void off(void)
{
    struct nadir_off_request off = {.header = header_of(sizeof(off))};
    const int error = request(NADIR_IOCTL_OFF, &off);

    print_report("off", error, &off.report);
}

static struct nadir_state state(void)
{
    struct nadir_state_request state = {.header = header_of(sizeof(state))};
    const int error = request(NADIR_IOCTL_STATE, &state);

    printf("state: errno=%d active=%u processors=%u on=%u starts=%llu total=%llu per_processor=%llu\n", error,
           state.state.active, state.state.processors, state.state.processors_on, state.state.starts,
           state.state.bytes_total, state.state.bytes_per_processor);
    return state.state;
}

static void statistics(nadir_u32 processor)
{
    struct nadir_statistics_request ask = {.header = header_of(sizeof(ask)), .processor = processor};
    const int error = request(NADIR_IOCTL_STATISTICS, &ask);
    const struct nadir_statistics *s = &ask.statistics;

    printf("statistics: errno=%d processor=%u state=%u exits=%llu enter=%llu leave=%llu nmi=%llu reinjected=%llu",
           error, s->processor, s->state, s->exits_total, s->enter_ticks, s->leave_ticks, s->nmi_in_root,
           s->events_reinjected);
    for (unsigned i = 0; i < NADIR_EXIT_REASONS; i++)
        if (s->exits[i])
            printf(" %u:%llu", i, s->exits[i]);
    printf("\n");
}

static void read_log(nadir_u32 processor)
{
    struct nadir_log_request ask = {.header = header_of(sizeof(ask)), .processor = processor};
    nadir_u32 expected = 0;

    for (;;) {
        const int error = request(NADIR_IOCTL_LOG, &ask);

        if (error || !ask.count) {
            printf("log: errno=%d processor=%u end=%u\n", error, processor, ask.next);
            return;
        }
        if (ask.lost)
            printf("log: processor=%u lost=%u\n", processor, ask.lost);
        expected += ask.lost;
        for (nadir_u32 i = 0; i < ask.count; i++, expected++)
            printf("log: processor=%u sequence=%u%s level=%u message=%u\n", processor, ask.records[i].sequence,
                   ask.records[i].sequence == expected ? "" : " GAP", ask.records[i].level, ask.records[i].message);
    }
}

static void vmcs(nadir_u32 processor)
{
    static struct nadir_vmcs_request ask;
    const nadir_u32 cr0 = 0x6800;

    memset(&ask, 0, sizeof(ask));
    ask.header = header_of(sizeof(ask));
    ask.processor = processor;
    const int error = request(NADIR_IOCTL_VMCS, &ask);

    printf("vmcs: errno=%d processor=%u source=%u fields=%u reason=%u", error, ask.vmcs.processor, ask.vmcs.source,
           ask.vmcs.count, ask.vmcs.exit_reason);
    for (nadir_u32 i = 0; i < ask.vmcs.count; i++)
        if (ask.vmcs.fields[i].encoding == cr0)
            printf(" cr0=%llu", ask.vmcs.fields[i].value);
    printf("\n");
}

static void recorder(nadir_u32 processor)
{
    static struct nadir_recorder_request ask;

    memset(&ask, 0, sizeof(ask));
    ask.header = header_of(sizeof(ask));
    ask.processor = processor;
    const int error = request(NADIR_IOCTL_RECORDER, &ask);

    printf("recorder: errno=%d processor=%u state=%u count=%u begun=%llu cpuids=%llu", error, ask.processor, ask.state,
           ask.count, ask.begun, ask.cpuid_exits);
    if (ask.count)
        printf(" first=%u last=%u reason=%u", ask.records[0].sequence, ask.records[ask.count - 1].sequence,
               ask.records[ask.count - 1].reason);
    printf("\n");
}

static void capabilities(void)
{
    struct nadir_capabilities_request ask = {.header = header_of(sizeof(ask))};
    const int error = request(NADIR_IOCTL_CAPABILITIES, &ask);
    unsigned set = 0;

    for (unsigned i = 0; i < NADIR_CAPABILITIES_BYTES; i++)
        set += ask.capabilities[i] != 0;
    printf("capabilities: errno=%d %s\n", error, set ? "filled" : "empty");
}

struct function {
    const char *name;
    unsigned long number;
    nadir_u32 size;
    size_t report;
};

#define FUNCTION(name, NAME, report)                                                                                   \
    {                                                                                                                  \
        #name, NADIR_IOCTL_##NAME, sizeof(struct nadir_##name##_request), report                                       \
    }

static const struct function functions[] = {
    FUNCTION(on, ON, offsetof(struct nadir_on_request, report)),
    FUNCTION(off, OFF, offsetof(struct nadir_off_request, report)),
    FUNCTION(state, STATE, 0),
    FUNCTION(statistics, STATISTICS, 0),
    FUNCTION(log, LOG, 0),
    FUNCTION(capabilities, CAPABILITIES, 0),
    FUNCTION(vmcs, VMCS, 0),
    FUNCTION(recorder, RECORDER, 0),
    FUNCTION(events_begin, EVENTS_BEGIN, offsetof(struct nadir_events_begin_request, report)),
    FUNCTION(events_read, EVENTS_READ, 0),
    FUNCTION(events_end, EVENTS_END, offsetof(struct nadir_events_end_request, report)),
    FUNCTION(rules, RULES, offsetof(struct nadir_rules_request, report)),
    FUNCTION(hooks_set, HOOKS_SET, offsetof(struct nadir_hooks_set_request, report)),
    FUNCTION(hooks_clear, HOOKS_CLEAR, offsetof(struct nadir_hooks_clear_request, report)),
    FUNCTION(hooks_list, HOOKS_LIST, 0),
    FUNCTION(extension, EXTENSION, 0),
    FUNCTION(memory_read, MEMORY_READ, offsetof(struct nadir_memory_read_request, report)),
    FUNCTION(memory_space, MEMORY_SPACE, offsetof(struct nadir_memory_space_request, report)),
    FUNCTION(memory_ept, MEMORY_EPT, offsetof(struct nadir_memory_ept_request, report)),
};

static void print_bad(const struct function *function, const char *what, int error, const nadir_u8 *structure)
{
    printf("%s of %s: errno=%s", what, function->name, strerrorname_np(error) ?: "0");
    if (structure && function->report) {
        const struct nadir_report *report = (const void *)(structure + function->report);

        printf(" status=%u text=%s", report->status, report->text);
    }
    printf("\n");
}

/* Each function with one thing wrong at a time. None may change anything. */
static void bad_requests(void)
{
    static nadir_u8 buffer[16384];
    nadir_u8 *page = mmap(NULL, 16384, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    mprotect(page + 8192, 8192, PROT_NONE);
    for (unsigned i = 0; i < sizeof(functions) / sizeof(*functions); i++) {
        const struct function *f = &functions[i];
        struct nadir_header *header = (void *)buffer;

#define TRY(what, number, pointer, shown)                                                                              \
    print_bad(f, what, request(number, (void *)(pointer)), shown);                                                     \
    memset(buffer, 0, sizeof(buffer));                                                                                 \
    *header = header_of(f->size)
        *header = header_of(f->size);
        header->version++;
        TRY("newer version", f->number, buffer, buffer);
        header->version = 0;
        TRY("version 0", f->number, buffer, buffer);
        header->size += 8;
        TRY("larger size in the header", f->number, buffer, buffer);
        header->size = 0;
        TRY("size 0 in the header", f->number, buffer, buffer);
        TRY("larger size in the number", f->number + (8u << _IOC_SIZESHIFT), buffer, NULL);
        TRY("size 0 in the number", f->number & ~((unsigned long)_IOC_SIZEMASK << _IOC_SIZESHIFT), buffer, NULL);
        TRY("read-only direction", f->number & ~((unsigned long)_IOC_WRITE << _IOC_DIRSHIFT), buffer, NULL);
        TRY("null pointer", f->number, NULL, NULL);
        TRY("pointer into the kernel", f->number, 0xffff888000000000, NULL);
        TRY("non-canonical pointer", f->number, 0x8000000000000000, NULL);
        TRY("structure half unreadable", f->number, page + 8192 - f->size / 2, NULL);
    }
    const struct function none = {"nothing", 0, 8, 0};

    print_bad(&none, "number 0", request(_IOWR('N', 0, struct nadir_header), buffer), NULL);
    print_bad(&none, "number 12", request(_IOWR('N', 12, struct nadir_header), buffer), NULL);
    print_bad(&none, "number 255", request(_IOWR('N', 255, struct nadir_header), buffer), NULL);
    print_bad(&none, "type M", request(_IOWR('M', 3, struct nadir_state_request), buffer), NULL);
    print_bad(&none, "terminal request", request(0x5401, buffer), NULL);
    {
        struct nadir_statistics_request ask = {.header = header_of(sizeof(ask)), .processor = 100000};
        print_bad(&functions[3], "processor 100000", request(NADIR_IOCTL_STATISTICS, &ask), NULL);
    }
    {
        struct nadir_log_request ask = {.header = header_of(sizeof(ask)), .processor = 100000};
        print_bad(&functions[4], "processor 100000", request(NADIR_IOCTL_LOG, &ask), NULL);
    }
    {
        struct nadir_recorder_request ask = {.header = header_of(sizeof(ask)), .processor = 100000};
        print_bad(&functions[7], "processor 100000", request(NADIR_IOCTL_RECORDER, &ask), NULL);
    }
    munmap(page, 16384);
}

/* The structure can be read, but the answer can't be written: what was asked for has happened all the same. */
static void off_read_only(void)
{
    struct nadir_off_request *off = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    off->header = header_of(sizeof(*off));
    mprotect(off, 4096, PROT_READ);
    print_bad(&functions[1], "unwritable answer", request(NADIR_IOCTL_OFF, off), NULL);
    munmap(off, 4096);
}

static void without_capability(void)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2];
    static nadir_u8 buffer[16384];

    if (syscall(SYS_capget, &header, data))
        perror("capget");
    data[CAP_TO_INDEX(CAP_SYS_ADMIN)].effective &= ~CAP_TO_MASK(CAP_SYS_ADMIN);
    data[CAP_TO_INDEX(CAP_SYS_ADMIN)].permitted &= ~CAP_TO_MASK(CAP_SYS_ADMIN);
    if (syscall(SYS_capset, &header, data))
        perror("capset");
    for (unsigned i = 0; i < sizeof(functions) / sizeof(*functions); i++) {
        *(struct nadir_header *)buffer = header_of(functions[i].size);
        print_bad(&functions[i], "without CAP_SYS_ADMIN", request(functions[i].number, buffer), NULL);
    }
}

static int set_option(const char *word)
{
    static const struct {
        const char *name;
        nadir_u32 *value;
    } names[] = {{"log_level=", &options.log_level},
                 {"com1=", &options.com1},
                 {"fail_step=", &options.fail_step},
                 {"fail_processor=", &options.fail_processor},
                 {"fail_field=", &options.fail_field},
                 {"hook_pages=", &options.hook_pages},
                 {"allow_provoke=", &options.allow_provoke},
                 {"record_every_exit=", &options.record_every_exit}};

    for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (!strncmp(word, names[i].name, strlen(names[i].name))) {
            *names[i].value = (nadir_u32)strtoul(word + strlen(names[i].name), NULL, 0);
            return 1;
        }
    return 0;
}

int main(int count, char **words)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    options.fail_processor = NADIR_ANY_PROCESSOR;
    device = open(NADIR_DEVICE_PATH, O_RDWR | O_CLOEXEC);
    if (device < 0) {
        printf("open: errno=%s\n", strerrorname_np(errno));
        return 2;
    }
    for (int i = 1; i < count; i++) {
        const char *word = words[i];

        if (!strcmp(word, "on"))
            on();
        else if (!strcmp(word, "off"))
            off();
        else if (!strcmp(word, "state"))
            state();
        else if (!strcmp(word, "statistics"))
            for (nadir_u32 p = 0, processors = state().processors; p < processors; p++)
                statistics(p);
        else if (!strcmp(word, "log"))
            for (nadir_u32 p = 0, processors = state().processors; p <= processors; p++)
                read_log(p < processors ? p : NADIR_ANY_PROCESSOR);
        else if (!strcmp(word, "capabilities"))
            capabilities();
        else if (!strcmp(word, "vmcs"))
            for (nadir_u32 p = 0, processors = state().processors; p <= processors; p++)
                vmcs(p < processors ? p : NADIR_ANY_PROCESSOR);
        else if (!strcmp(word, "recorder"))
            for (nadir_u32 p = 0, processors = state().processors; p < processors; p++)
                recorder(p);
        else if (!strcmp(word, "bad"))
            bad_requests();
        else if (!strcmp(word, "off-read-only"))
            off_read_only();
        else if (!strcmp(word, "without-capability"))
            without_capability();
        else if (!set_option(word))
            printf("%s: unknown\n", word);
    }
    return 0;
}
