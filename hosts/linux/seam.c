// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * core/host.h for Linux: memory, addresses, processors, the loaded image, a line of text.
 */
#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/smp.h>
#include <linux/vmalloc.h>

#include "core/host.h"
#include "hosts/linux/compat.h"
#include "hosts/linux/host.h"

static atomic64_t allocated = ATOMIC64_INIT(0);

/* Written by tests, in sysfs: the n-th request from now on fails, and either all later ones do, or none. 0: none. */
uint seam_fail_allocation;
bool seam_fail_once;

static bool fails_for_a_test(void)
{
    if (seam_fail_allocation == 0)
        return false;
    if (seam_fail_allocation > 1) {
        seam_fail_allocation--;
        return false;
    }
    if (seam_fail_once)
        seam_fail_allocation = 0;
    return true;
}

u64 seam_allocated(void)
{
    return (u64)atomic64_read(&allocated);
}

NADIR_ABI void *nadir_host_allocate(nadir_u64 bytes)
{
    void *memory;

    if (!bytes || bytes % PAGE_SIZE || bytes > NADIR_LARGEST_ALLOCATION)
        return NULL;
    if (fails_for_a_test())
        return NULL;
    /* The direct map: contiguous, write-back, never executable. Scarcity is an answer, not a reason for a backtrace. */
    memory = alloc_pages_exact(bytes, GFP_KERNEL | __GFP_NOWARN | __GFP_RETRY_MAYFAIL);
    if (memory)
        atomic64_add((s64)bytes, &allocated);
    return memory;
}

NADIR_ABI void nadir_host_free(void *memory, nadir_u64 bytes)
{
    if (!memory)
        return;
    free_pages_exact(memory, bytes);
    atomic64_sub((s64)bytes, &allocated);
}

NADIR_ABI nadir_u64 nadir_host_physical(const void *address)
{
    if (virt_addr_valid(address))
        return virt_to_phys((void *)address);
    /* The image: modules lie in an area of their own, mapped page by page. */
    return page_to_phys(vmalloc_to_page(address)) + offset_in_page(address);
}

NADIR_ABI nadir_u32 nadir_host_processor_count(void)
{
    return cpumask_last(cpu_present_mask) + 1;
}

struct call {
    nadir_procedure procedure;
    void *argument;
    u32 answer;
};

/* __nocfi: the core's functions carry no type hash for a kernel with control-flow integrity to compare. */
static void __nocfi run_call(void *data)
{
    struct call *call = data;

    call->answer = call->procedure(call->argument, (u32)smp_processor_id());
}

NADIR_ABI nadir_u32 nadir_host_run_on(nadir_u32 processor, nadir_procedure procedure, void *argument)
{
    struct call call = {.procedure = procedure, .argument = argument};

    if (processor >= nr_cpu_ids || smp_call_function_single((int)processor, run_call, &call, true))
        return NADIR_PROCESSOR_OFFLINE;
    return call.answer;
}

/* hosts/linux/system_context.S: both at the beginning of a page. */
extern const char nadir_system_text[], nadir_system_rodata[];

static struct nadir_image_range range_until(const struct compat_range *part, const char *end)
{
    return (struct nadir_image_range){.address = part->base, .bytes = end - (const char *)part->base};
}

NADIR_ABI nadir_u32 nadir_host_image(struct nadir_image_range *ranges, nadir_u32 capacity)
{
    const struct compat_range text = compat_module_text(THIS_MODULE);
    const struct compat_range rodata = compat_module_rodata(THIS_MODULE);

    if (capacity < 2)
        return 0;
    ranges[0] = range_until(&text, nadir_system_text);
    ranges[0].executable = 1;
    ranges[1] = range_until(&rodata, nadir_system_rodata);
    return 2;
}

NADIR_ABI void nadir_host_print(nadir_u32 level, const char *text)
{
    switch (level) {
    case NADIR_LEVEL_ERROR:
        pr_err("%s\n", text);
        break;
    case NADIR_LEVEL_WARNING:
        pr_warn("%s\n", text);
        break;
    case NADIR_LEVEL_INFO:
        pr_info("%s\n", text);
        break;
    default:
        printk(KERN_DEBUG pr_fmt("%s\n"), text);
    }
}
