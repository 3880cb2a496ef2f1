// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * Whose is an event? While somebody has the events, each processor notes to which thread it switches, and when. An event has
 * the time and the processor: it belongs to the last note before. That holds for kernel threads, which borrow the address
 * space of whoever ran before, and for a page table that is used again when its process is gone.
 *
 * A note is written on its own processor with preemption off, and never by two at a time; it is read by any other one meanwhile,
 * as control/event_ring.h says of events.
 */
#include <asm/msr.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#include <trace/events/sched.h>
#include <trace/events/task.h>

#include "hosts/linux/host.h"

#define NOTES 1024u

struct note {
    u64 time;
    u32 sequence; /* low half of its number + 1, written last */
    struct nadir_event_process of;
};

struct notes {
    u64 begun;
    struct note note[NOTES]; /* number n is at n % NOTES */
};

static struct notes **notes;

static void put_note(struct task_struct *task, const char *name)
{
    struct notes *mine = notes[smp_processor_id()];
    const u64 number = mine->begun;
    struct note *note = &mine->note[number % NOTES];

    WRITE_ONCE(mine->begun, number + 1);
    smp_wmb();
    WRITE_ONCE(note->sequence, 0);
    smp_wmb();
    note->time = rdtsc_ordered();
    note->of.process = task_tgid_nr(task);
    note->of.thread = task_pid_nr(task);
    note->of.flags = NADIR_PROCESS_KNOWN | (task->flags & PF_KTHREAD ? NADIR_PROCESS_OF_KERNEL : 0);
    strscpy_pad(note->of.name, name, sizeof(note->of.name));
    smp_store_release(&note->sequence, (u32)(number + 1));
}

/* Tracepoints call with preemption off; this one in the midst of the scheduler. */
static void on_switch(void *data, bool preempt, struct task_struct *previous, struct task_struct *next,
                      unsigned int previous_state)
{
    put_note(next, next->comm);
}

/* The name changes: by exec, mostly. The task has the old one still. */
static void on_rename(void *data, struct task_struct *task, const char *name)
{
    if (task == current)
        put_note(task, name);
}

static void note_current(void *unused)
{
    put_note(current, current->comm);
}

/* The kernel doesn't export its tracepoints by name; it lets one look for them. */
static struct probe {
    const char *name;
    void *function;
    struct tracepoint *found;
} probes[] = {
    {"sched_switch", on_switch},
    {"task_rename", on_rename},
};

static void look_at(struct tracepoint *tracepoint, void *unused)
{
    check_trace_callback_type_sched_switch(on_switch);
    check_trace_callback_type_task_rename(on_rename);
    for (size_t i = 0; i < ARRAY_SIZE(probes); i++)
        if (!strcmp(tracepoint->name, probes[i].name))
            probes[i].found = tracepoint;
}

static void detach(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(probes); i++) {
        if (IS_ENABLED(CONFIG_TRACEPOINTS) && probes[i].found)
            tracepoint_probe_unregister(probes[i].found, probes[i].function, NULL);
        probes[i].found = NULL;
    }
    tracepoint_synchronize_unregister();
}

static void free_notes(void)
{
    for (u32 i = 0; notes && i < nr_cpu_ids; i++)
        kvfree(notes[i]);
    kfree(notes);
    notes = NULL;
}

static bool allocate_notes(void)
{
    unsigned int processor;

    notes = kcalloc(nr_cpu_ids, sizeof(*notes), GFP_KERNEL);
    if (!notes)
        return false;
    for_each_possible_cpu(processor)
    {
        notes[processor] = kvzalloc(sizeof(**notes), GFP_KERNEL);
        if (!notes[processor])
            return false;
    }
    return true;
}

void processes_begin(void)
{
    if (!allocate_notes()) {
        free_notes();
        pr_warn("no memory to note which process runs where: events won't say whose they are\n");
        return;
    }
    if (IS_ENABLED(CONFIG_TRACEPOINTS)) /* else these functions aren't there */
        for_each_kernel_tracepoint(look_at, NULL);
    for (size_t i = 0; i < ARRAY_SIZE(probes); i++) {
        if (!IS_ENABLED(CONFIG_TRACEPOINTS) || !probes[i].found ||
            tracepoint_probe_register(probes[i].found, probes[i].function, NULL)) {
            pr_warn("no tracepoint %s in this kernel: events won't say whose they are\n", probes[i].name);
            probes[i].found = NULL;
            detach();
            free_notes();
            return;
        }
    }
    on_each_cpu(note_current, NULL, 1);
}

void processes_end(void)
{
    if (!notes)
        return;
    detach();
    free_notes();
}

/* A copy of that note, unless it is being written or was overwritten. */
static bool read_note(const struct notes *of, u64 number, struct note *out)
{
    const struct note *note = &of->note[number % NOTES];
    const bool whole = smp_load_acquire(&note->sequence) == (u32)(number + 1);

    *out = *note;
    smp_rmb();
    return whole && READ_ONCE(of->begun) - number <= NOTES;
}

void processes_find(u32 processor, u64 time, struct nadir_event_process *out)
{
    const struct notes *of = notes ? notes[processor] : NULL;
    u64 low, high;
    struct note note, behind;

    if (!of)
        return;
    high = smp_load_acquire(&of->begun);
    low = high > NOTES ? high - NOTES : 0;
    /* The first note that is later; its forerunner is the answer. Those that are overwritten meanwhile count as earlier. */
    for (u64 first = low, count = high - low; count;) {
        const u64 half = count / 2;

        if (read_note(of, first + half, &note) && note.time > time) {
            count = half;
        } else {
            first += half + 1;
            count -= half + 1;
        }
        high = first;
    }
    if (high == low || !read_note(of, high - 1, &note) || note.time > time)
        return;
    if (read_note(of, high, &behind) && behind.time <= time)
        return;
    *out = note.of;
}
