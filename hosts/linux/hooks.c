// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * Hooks (docs/hooks.md) belong to the open file that set them, or to nobody. The core knows one set only: it is ended and begun anew
 * at each change, and what it has counted is added up here. All with host_lock held.
 */
#include <linux/cpu.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "hosts/linux/compat.h"
#include "hosts/linux/hooks.h"
#include "hosts/linux/host.h"

struct hook {
    struct nadir_hook_wish wish;
    struct hook_place place;
    const void *owner; /* null: nobody's, it stays */
    u32 number;        /* in the core's set */
    u64 hits;          /* up to the last change of the set */
    u64 changes;
};

/* In the order in which they were set; both are there while there is any. `set` is what the core is given. */
static struct hook *hooks;
static struct nadir_hook *set;
static u32 count;

static bool is_set(const struct hook *hook)
{
    return hook->number != NADIR_HOOK_NO_NUMBER;
}

static void forget_memory(void)
{
    if (count)
        return;
    kvfree(hooks);
    kvfree(set);
    hooks = NULL;
    set = NULL;
}

static u32 get_memory(struct nadir_report *report)
{
    if (hooks)
        return NADIR_OK;
    hooks = kvcalloc(NADIR_HOOKS, sizeof(*hooks), GFP_KERNEL);
    set = kvcalloc(NADIR_HOOKS, sizeof(*set), GFP_KERNEL);
    if (hooks && set)
        return NADIR_OK;
    forget_memory();
    return host_report(report, NADIR_NO_MEMORY, "There is no memory for the list of hooks: none was set.");
}

static struct hook *at_same_place(const struct hook *hook)
{
    for (struct hook *other = hooks; other < hook; other++)
        if (is_set(other) && other->place.physical == hook->place.physical)
            return other;
    return NULL;
}

/* Several users' hooks at one place are one for the core. */
static u32 begin_set(struct nadir_session *session, struct nadir_report *report)
{
    u32 in_set = 0;

    for (struct hook *hook = hooks; hook < hooks + count; hook++) {
        const struct hook *same;

        if (!is_set(hook))
            continue;
        same = at_same_place(hook);
        if (same) {
            hook->number = same->number;
            continue;
        }
        set[in_set] =
            (struct nadir_hook){.address = hook->place.physical, .target = hook->wish.target, .kind = hook->wish.kind};
        hook->number = in_set++;
    }
    return in_set ? nadir_hooks_begin(session, set, in_set, report) : NADIR_OK;
}

/* Also what was hit on the way counts: the core keeps the numbers until the next beginning. */
static u32 end_set(struct nadir_session *session, struct nadir_report *report)
{
    const u32 status = nadir_hooks_end(session, report);

    for (struct hook *hook = hooks; hook < hooks + count; hook++) {
        struct nadir_hook_state state;

        if (is_set(hook) && nadir_hooks_read(session, hook->number, &state) == NADIR_OK) {
            hook->hits += state.hits;
            hook->changes += state.changes;
        }
    }
    return status;
}

static bool any_is_set(void)
{
    for (u32 i = 0; i < count; i++)
        if (is_set(&hooks[i]))
            return true;
    return false;
}

/* The others are set again. That worked before, so it can only fail for what has happened to a processor meanwhile. */
static void begin_set_again(struct nadir_session *session)
{
    struct nadir_report report;

    if (begin_set(session, &report) == NADIR_OK)
        return;
    pr_err("the hooks could not be set again, and are gone: %s\n", report.text);
    for (u32 i = 0; i < count; i++)
        hooks[i].number = NADIR_HOOK_NO_NUMBER;
}

/* Whom a removal is about. */
struct choice {
    const void *owner;                /* this one's, also null for nobody's; unless it is about a module */
    const char *module;               /* in this module */
    const struct compat_range *stays; /* but not in here, if it isn't null */
};

static bool is_chosen(const struct hook *hook, const struct choice *choice)
{
    const u64 stays = choice->stays ? (u64)(unsigned long)choice->stays->base : 0;

    if (!choice->module)
        return hook->owner == choice->owner;
    return is_set(hook) && !strcmp(hook->place.module, choice->module) &&
           !(choice->stays && hook->wish.address >= stays && hook->wish.address < stays + choice->stays->size);
}

/* `told`: whoever has set one of them still wants to know what it came to, and finds that it is gone. */
static u32 remove_hooks(const struct choice *choice, bool told, u32 *removed, struct nadir_report *report)
{
    struct nadir_session *session;
    bool changes = false;
    u32 status = NADIR_OK;
    u32 kept = 0;

    *removed = 0;
    memset(report, 0, sizeof(*report));
    for (u32 i = 0; i < count; i++)
        changes = changes || (is_set(&hooks[i]) && is_chosen(&hooks[i], choice));
    cpus_read_lock();
    session = host_running();
    if (changes && session)
        status = end_set(session, report);
    for (u32 i = 0; i < count; i++) {
        if (is_chosen(&hooks[i], choice)) {
            *removed += is_set(&hooks[i]);
            hooks[i].number = NADIR_HOOK_NO_NUMBER;
            if (!told || !hooks[i].owner)
                continue;
        }
        hooks[kept++] = hooks[i];
    }
    count = kept;
    if (changes && session)
        begin_set_again(session);
    cpus_read_unlock();
    forget_memory();
    return status;
}

/* Who sets new ones has read what the old ones came to. */
static void forget_gone(const void *owner)
{
    u32 kept = 0;

    for (u32 i = 0; i < count; i++)
        if (is_set(&hooks[i]) || hooks[i].owner != owner)
            hooks[kept++] = hooks[i];
    count = kept;
}

static u32 add(const void *owner, const struct nadir_hook_wish *wish, struct nadir_report *report)
{
    struct hook *hook = &hooks[count];
    const struct hook *same;
    u32 status;

    /* Which extension a hook calls is judged by the core. */
    if (wish->kind > NADIR_HOOK_CALL ||
        (wish->kind != NADIR_HOOK_CALL && (wish->kind == NADIR_HOOK_REDIRECT) != (wish->target != 0)))
        return host_report(
            report, NADIR_BAD_ARGUMENT,
            "A hook of an unknown kind, a redirection without a target, or a breakpoint with one was asked for.");
    *hook = (struct hook){.wish = *wish, .owner = owner};
    status = hook_place_find(wish->address, &hook->place, report);
    if (status != NADIR_OK)
        return status;
    for (struct hook *other = hooks; other < hook; other++)
        if (is_set(other) && other->owner == owner && other->wish.address == wish->address)
            return host_report(report, NADIR_BAD_ARGUMENT, "there is a hook at %#llx already.", wish->address);
    same = at_same_place(hook);
    if (same && (same->wish.kind != wish->kind || same->wish.target != wish->target))
        return host_report(report, NADIR_HOOK_TAKEN,
                           "somebody has set a hook of another kind, or with another target, at %#llx.", wish->address);
    count++;
    return NADIR_OK;
}

/* The core's words are about physical addresses and its own numbers. */
static void translate_report(struct nadir_report *report)
{
    static const char marker[] = "was refused, and none was set: ";
    char *reason = strstr(report->text, marker);

    for (u32 i = 0; reason && i < count; i++)
        if (hooks[i].place.physical == report->detail[0]) {
            report->detail[0] = hooks[i].wish.address;
            reason += sizeof(marker) - 1;
            memmove(report->text, reason, strlen(reason) + 1);
            return;
        }
}

u32 host_hooks_set_locked(const void *who, struct nadir_hooks_set_request *request)
{
    struct nadir_session *session = host_running();
    struct nadir_report *report = &request->report;
    u32 before, status;

    lockdep_assert_held(&host_lock);
    memset(report, 0, sizeof(*report));
    forget_gone(who);
    before = count;
    if (!session) {
        forget_memory();
        return host_report(report, NADIR_ALREADY_OFF, "Nadir is off: there can be no hooks. Turn it on first.");
    }
    if (!request->count || request->count > NADIR_HOOK_BATCH || request->stay > 1)
        return host_report(report, NADIR_BAD_ARGUMENT, "1 to %u hooks can be set at once: none was set.",
                           NADIR_HOOK_BATCH);
    if (request->count > NADIR_HOOKS - count)
        return host_report(report, NADIR_HOOKS_TOO_MANY,
                           "There would be %u hooks, of all users together, and %u can be: none was set.",
                           count + request->count, NADIR_HOOKS);
    status = get_memory(report);
    for (u32 i = 0; status == NADIR_OK && i < request->count; i++) {
        status = add(request->stay ? NULL : who, &request->hooks[i], report);
        if (status != NADIR_OK)
            report->detail[0] = request->hooks[i].address;
    }
    if (status != NADIR_OK) {
        count = before;
        forget_memory();
        return status;
    }

    cpus_read_lock();
    /* Those that are new have counted nothing, and aren't asked. */
    count = before;
    if (any_is_set())
        status = end_set(session, report);
    count = before + request->count;
    if (status == NADIR_OK)
        status = begin_set(session, report);
    if (status != NADIR_OK) {
        translate_report(report);
        count = before;
        begin_set_again(session);
    }
    cpus_read_unlock();
    forget_memory();
    return status;
}

u32 host_hooks_clear_locked(const void *who, struct nadir_hooks_clear_request *request)
{
    const struct choice choice = {.owner = request->staying ? NULL : who};

    request->removed = 0;
    if (request->staying > 1)
        return host_report(&request->report, NADIR_BAD_ARGUMENT,
                           "It is either one's own hooks that go, or those that stay.");
    return remove_hooks(&choice, true, &request->removed, &request->report);
}

static struct nadir_listed_hook listed(const struct hook *hook, const void *who)
{
    struct nadir_listed_hook one = {.wish = hook->wish,
                                    .physical = hook->place.physical,
                                    .hits = hook->hits,
                                    .changes = hook->changes,
                                    .number = hook->number};
    struct nadir_hook_state state;

    one.flags = (hook->owner == who ? NADIR_HOOK_MINE : 0) | (hook->owner ? 0 : NADIR_HOOK_STAYS) |
                (is_set(hook) ? 0 : NADIR_HOOK_GONE);
    if (is_set(hook) && nadir_hooks_read(host_running(), hook->number, &state) == NADIR_OK) {
        one.hits += state.hits;
        one.changes += state.changes;
    }
    return one;
}

u32 host_hooks_list_locked(const void *who, struct nadir_hooks_list_request *request)
{
    memset(request->hooks, 0, sizeof(request->hooks));
    request->total = count;
    request->count = 0;
    cpus_read_lock();
    for (u32 i = request->first; i < count && request->count < NADIR_HOOK_BATCH; i++)
        request->hooks[request->count++] = listed(&hooks[i], who);
    cpus_read_unlock();
    return NADIR_OK;
}

void host_hooks_close_locked(const void *who)
{
    const struct choice choice = {.owner = who};
    struct nadir_report report;
    u32 removed;

    if (remove_hooks(&choice, false, &removed, &report) != NADIR_OK)
        pr_err("hooks didn't end: %s\n", report.text);
}

void hooks_drop_module(const char *module, const struct compat_range *stays)
{
    const struct choice choice = {.module = module, .stays = stays};
    struct nadir_report report;
    u32 removed;

    if (remove_hooks(&choice, true, &removed, &report) != NADIR_OK)
        pr_err("hooks in module %s didn't end: %s\n", module, report.text);
    if (removed)
        pr_info("module %s frees its code: %u hooks in it were removed first\n", module, removed);
}

void host_hooks_stop(struct nadir_session *session)
{
    struct nadir_report report;
    u32 kept = 0;

    if (any_is_set() && end_set(session, &report) != NADIR_OK)
        pr_err("hooks didn't end: %s\n", report.text);
    for (u32 i = 0; i < count; i++) {
        hooks[i].number = NADIR_HOOK_NO_NUMBER;
        if (hooks[i].owner)
            hooks[kept++] = hooks[i];
    }
    count = kept;
    forget_memory();
}
