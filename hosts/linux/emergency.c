// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * The kernel dies: each processor leaves VMX operation where the kernel lets us know, so that a crash kernel finds a
 * bare machine. Two ways:
 *
 * - The kernel's own call-back for hypervisors reaches every processor, also before a crash kernel. It has one place,
 *   made for KVM. We take it only while Nadir is on and KVM's vendor module isn't loaded, and give it up when that comes.
 * - The panic notifiers reach only the processor that panics, and a crash kernel only with crash_kexec_post_notifiers.
 *
 * Where neither is called, the crash kernel is Nadir's guest: root mode needs nothing of the kernel that died.
 */
#include <linux/kobject.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/panic_notifier.h>
#include <linux/printk.h>
#include <linux/smp.h>
#include <linux/string.h>

#include "hosts/linux/compat.h"
#include "hosts/linux/host.h"

/* On a processor of a dying kernel: interrupts off, perhaps in an NMI, no lock may be taken. */
static void leave_this_processor(void)
{
    struct nadir_session *session = host_running();
    const u32 processor = (u32)raw_smp_processor_id();

    if (session && nadir_processor_active(session, processor))
        nadir_leave_processor(session, processor);
}

static int kernel_panics(struct notifier_block *block, unsigned long event, void *data)
{
    unsigned long flags;

    local_irq_save(flags);
    leave_this_processor();
    local_irq_restore(flags);
    return NOTIFY_DONE;
}

static struct notifier_block panic_notifier = {
    .notifier_call = kernel_panics,
    .priority = INT_MAX,
};

#if COMPAT_EMERGENCY_CALLBACK

static bool armed;

static bool is_kvm(const char *module_name)
{
    return !strcmp(module_name, "kvm_intel") || !strcmp(module_name, "kvm_amd");
}

static bool kvm_is_loaded(void)
{
    struct kset *modules = THIS_MODULE->mkobj.kobj.kset;
    struct kobject *found = kset_find_obj(modules, "kvm_intel");

    if (!found)
        found = kset_find_obj(modules, "kvm_amd");
    kobject_put(found);
    return found;
}

static void arm(void)
{
    if (armed || !cpu_emergency_register_virt_callback || kvm_is_loaded())
        return;
    cpu_emergency_register_virt_callback(leave_this_processor);
    armed = true;
}

static void disarm(void)
{
    if (!armed)
        return;
    cpu_emergency_unregister_virt_callback(leave_this_processor);
    armed = false;
}

static int module_changes(struct notifier_block *block, unsigned long event, void *data)
{
    const struct module *module = data;

    if (event == MODULE_STATE_COMING && is_kvm(module->name)) {
        mutex_lock(&host_lock);
        disarm();
        mutex_unlock(&host_lock);
    }
    return NOTIFY_DONE;
}

static struct notifier_block module_notifier = {
    .notifier_call = module_changes,
};

#else

static struct notifier_block module_notifier;

static void arm(void)
{
}

static void disarm(void)
{
}

#endif

void emergency_arm(void)
{
    arm();
}

void emergency_disarm(void)
{
    disarm();
}

int emergency_init(void)
{
    int result = atomic_notifier_chain_register(&panic_notifier_list, &panic_notifier);

    if (result || !module_notifier.notifier_call)
        return result;
    result = register_module_notifier(&module_notifier);
    if (result)
        atomic_notifier_chain_unregister(&panic_notifier_list, &panic_notifier);
    return result;
}

void emergency_exit(void)
{
    if (module_notifier.notifier_call)
        unregister_module_notifier(&module_notifier);
    atomic_notifier_chain_unregister(&panic_notifier_list, &panic_notifier);
}
