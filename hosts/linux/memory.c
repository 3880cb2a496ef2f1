// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * Looking at memory for an administrator: physical memory as the kernel sees it, where the page tables of a process begin, and what
 * the EPT makes of an address. Only RAM is read: to read a device's register may change what the device does.
 */
#include <linux/cpu.h>
#include <linux/ioport.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/page-flags.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/sched/task.h>
#include <linux/security.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include <asm/msr.h>
#include <asm/processor.h>
#include <asm/special_insns.h>

#include "hosts/linux/host.h"

static const char not_read[] = "nothing was read";

static u32 refuse_lockdown(struct nadir_report *report)
{
    if (!security_locked_down(LOCKDOWN_KCORE))
        return NADIR_OK;
    return host_report(report, NADIR_MEMORY_UNREADABLE,
                       "The kernel is locked down (/sys/kernel/security/lockdown: confidentiality): not even an "
                       "administrator may read its memory, so %s.",
                       not_read);
}

/* In place of its own memory Nadir shows an empty page, which would be taken for what is there. */
static u32 refuse_our_own(u64 address, struct nadir_report *report)
{
    struct nadir_memory_ept_request question = {.address = address, .processor = NADIR_ANY_PROCESSOR};
    u32 status;

    if (!host_running())
        return NADIR_OK;
    cpus_read_lock();
    status = nadir_memory_ept(host_running(), &question);
    cpus_read_unlock();
    if (status == NADIR_OK && question.walk.flags & NADIR_EPT_IS_OURS)
        return host_report(report, NADIR_MEMORY_OURS,
                           "Nadir's own memory is at physical address 0x%llx: the system can't see it, and %s.",
                           address, not_read);
    return NADIR_OK;
}

/* The page, or none and why. */
static struct page *find_ram(u64 address, struct nadir_report *report)
{
    struct page *page;

    if (address >> boot_cpu_data.x86_phys_bits) {
        host_report(report, NADIR_MEMORY_NOT_THERE,
                    "Physical address 0x%llx is beyond the %u bits that this processor has, so %s.", address,
                    boot_cpu_data.x86_phys_bits, not_read);
        return NULL;
    }
    if (!page_is_ram(PHYS_PFN(address))) {
        if (region_intersects(address & PAGE_MASK, PAGE_SIZE, 0, IORES_DESC_NONE) == REGION_DISJOINT)
            host_report(report, NADIR_MEMORY_NOT_THERE,
                        "There is nothing at physical address 0x%llx that the kernel knows of (/proc/iomem), so %s.",
                        address, not_read);
        else
            host_report(
                report, NADIR_MEMORY_DEVICE,
                "Physical address 0x%llx is no RAM but a device's or the firmware's (/proc/iomem). Reading could "
                "change what the device does, so %s.",
                address, not_read);
        return NULL;
    }
    page = pfn_to_online_page(PHYS_PFN(address));
    if (!page || PageOffline(page) || PageHWPoison(page)) {
        host_report(report, NADIR_MEMORY_UNREADABLE,
                    "The RAM at physical address 0x%llx is offline or broken (hardware poison), so %s.", address,
                    not_read);
        return NULL;
    }
    return page;
}

u32 host_memory_read_locked(struct nadir_memory_read_request *request)
{
    struct nadir_report *report = &request->report;
    const u64 offset = offset_in_page(request->address);
    const struct page *page;
    u32 status;

    memset(request->data, 0, sizeof(request->data));
    if (!request->bytes || request->bytes > PAGE_SIZE - offset)
        return host_report(
            report, NADIR_BAD_ARGUMENT,
            "%u bytes from physical address 0x%llx on were asked for: at least one and none behind the end "
            "of its page can be read at once.",
            request->bytes, request->address);
    status = refuse_lockdown(report);
    if (status != NADIR_OK)
        return status;
    page = find_ram(request->address, report);
    if (!page)
        return report->status;
    status = refuse_our_own(request->address, report);
    if (status != NADIR_OK)
        return status;
    if (copy_from_kernel_nofault(request->data, page_to_virt(page) + offset, request->bytes)) {
        memset(request->data, 0, sizeof(request->data));
        return host_report(
            report, NADIR_MEMORY_UNREADABLE,
            "The kernel doesn't map the RAM at physical address 0x%llx for itself (memfd_secret, or it is "
            "free and page allocation is debugged), so %s.",
            request->address, not_read);
    }
    return host_report(report, NADIR_OK, "success");
}

static u32 fill_space(struct nadir_address_space *space, struct task_struct *task, struct nadir_report *report)
{
    struct mm_struct *mm = get_task_mm(task);

    if (!mm)
        return host_report(
            report, NADIR_NO_PROCESS,
            "Process %u (%s) has no address space of its own: it is a thread of the kernel's, or it is just "
            "ending. The kernel's addresses are the same everywhere and need no --process.",
            space->process, task->comm);
    space->cr3 = __pa(mm->pgd);
    mmput(mm);
    space->cr0 = read_cr0();
    space->cr4 = __read_cr4();
    rdmsrl(MSR_EFER, space->efer);
    space->physical_bits = boot_cpu_data.x86_phys_bits;
    space->large_1g = boot_cpu_has(X86_FEATURE_GBPAGES);
    strscpy_pad(space->name, task->comm, sizeof(space->name));
    return host_report(report, NADIR_OK, "success");
}

u32 host_memory_space_locked(struct nadir_memory_space_request *request)
{
    const u32 process = request->process;
    struct task_struct *task;
    struct pid *pid;
    u32 status;

    memset(&request->space, 0, sizeof(request->space));
    request->space.process = process ? process : (u32)task_tgid_vnr(current);
    if (!process)
        return fill_space(&request->space, current, &request->report);
    pid = find_get_pid((int)process);
    task = get_pid_task(pid, PIDTYPE_PID);
    put_pid(pid);
    if (!task)
        return host_report(&request->report, NADIR_NO_PROCESS, "There is no process %u, or not any more.", process);
    status = fill_space(&request->space, task, &request->report);
    put_task_struct(task);
    return status;
}

u32 host_memory_ept_locked(struct nadir_memory_ept_request *request)
{
    u32 status;

    memset(&request->walk, 0, sizeof(request->walk));
    if (!host_running())
        return host_report(&request->report, NADIR_ALREADY_OFF,
                           "Nadir is off: there is no EPT, and each physical address is itself.");
    cpus_read_lock();
    status = nadir_memory_ept(host_running(), request);
    cpus_read_unlock();
    return status;
}
