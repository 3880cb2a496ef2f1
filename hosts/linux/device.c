// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * /dev/nadir: for administrators, one request at a time. hosts/linux/ioctl.h says what fails how.
 */
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/preempt.h>
#include <linux/slab.h>
#include <linux/stddef.h>
#include <linux/uaccess.h>

#include "hosts/linux/host.h"
#include "hosts/linux/ioctl.h"

static u32 answer_on(void *data)
{
    struct nadir_on_request *request = data;

    return host_start_locked(&request->options, &request->report);
}

static u32 answer_off(void *data)
{
    struct nadir_off_request *request = data;

    return host_stop_locked(&request->report);
}

static u32 answer_state(void *data)
{
    struct nadir_state_request *request = data;

    return host_state_locked(&request->state);
}

static u32 answer_statistics(void *data)
{
    struct nadir_statistics_request *request = data;

    return host_statistics_locked(request->processor, &request->statistics);
}

static u32 answer_log(void *data)
{
    return host_log_locked(data);
}

static u32 answer_vmcs(void *data)
{
    struct nadir_vmcs_request *request = data;

    return host_vmcs_locked(request->processor, &request->vmcs);
}

static u32 answer_extension(void *data)
{
    return host_extension_locked(data);
}

static u32 answer_recorder(void *data)
{
    return host_recorder_locked(data);
}

static u32 answer_rules(void *data)
{
    return host_rules_locked(data);
}

static u32 answer_memory_read(void *data)
{
    return host_memory_read_locked(data);
}

static u32 answer_memory_space(void *data)
{
    return host_memory_space_locked(data);
}

static u32 answer_memory_ept(void *data)
{
    return host_memory_ept_locked(data);
}

/* The file whose request is being answered. With host_lock held. */
static const struct file *asking;

static u32 answer_events_begin(void *data)
{
    struct nadir_events_begin_request *request = data;

    return host_events_begin_locked(asking, &request->filter, &request->report);
}

static u32 answer_events_read(void *data)
{
    return host_events_read_locked(asking, data);
}

static u32 answer_events_end(void *data)
{
    struct nadir_events_end_request *request = data;

    return host_events_end_locked(asking, &request->report);
}

static u32 answer_hooks_set(void *data)
{
    return host_hooks_set_locked(asking, data);
}

static u32 answer_hooks_clear(void *data)
{
    return host_hooks_clear_locked(asking, data);
}

static u32 answer_hooks_list(void *data)
{
    return host_hooks_list_locked(asking, data);
}

static u32 answer_capabilities(void *data)
{
    struct nadir_capabilities_request *request = data;

    preempt_disable();
    nadir_read_capabilities(request->capabilities);
    preempt_enable();
    return NADIR_OK;
}

struct function {
    u32 (*answer)(void *request);
    size_t size;
    size_t report; /* offset of the report in the structure, 0 for none */
};

#define FUNCTION(name, report_offset)                                                                                  \
    {                                                                                                                  \
        .answer = answer_##name, .size = sizeof(struct nadir_##name##_request), .report = (report_offset)              \
    }

static const struct function functions[] = {
    [NADIR_FUNCTION_ON] = FUNCTION(on, offsetof(struct nadir_on_request, report)),
    [NADIR_FUNCTION_OFF] = FUNCTION(off, offsetof(struct nadir_off_request, report)),
    [NADIR_FUNCTION_STATE] = FUNCTION(state, 0),
    [NADIR_FUNCTION_STATISTICS] = FUNCTION(statistics, 0),
    [NADIR_FUNCTION_LOG] = FUNCTION(log, 0),
    [NADIR_FUNCTION_CAPABILITIES] = FUNCTION(capabilities, 0),
    [NADIR_FUNCTION_VMCS] = FUNCTION(vmcs, 0),
    [NADIR_FUNCTION_RECORDER] = FUNCTION(recorder, 0),
    [NADIR_FUNCTION_EVENTS_BEGIN] = FUNCTION(events_begin, offsetof(struct nadir_events_begin_request, report)),
    [NADIR_FUNCTION_EVENTS_READ] = FUNCTION(events_read, 0),
    [NADIR_FUNCTION_EVENTS_END] = FUNCTION(events_end, offsetof(struct nadir_events_end_request, report)),
    [NADIR_FUNCTION_EXTENSION] = FUNCTION(extension, 0),
    [NADIR_FUNCTION_RULES] = FUNCTION(rules, offsetof(struct nadir_rules_request, report)),
    [NADIR_FUNCTION_HOOKS_SET] = FUNCTION(hooks_set, offsetof(struct nadir_hooks_set_request, report)),
    [NADIR_FUNCTION_HOOKS_CLEAR] = FUNCTION(hooks_clear, offsetof(struct nadir_hooks_clear_request, report)),
    [NADIR_FUNCTION_HOOKS_LIST] = FUNCTION(hooks_list, 0),
    [NADIR_FUNCTION_MEMORY_READ] = FUNCTION(memory_read, offsetof(struct nadir_memory_read_request, report)),
    [NADIR_FUNCTION_MEMORY_SPACE] = FUNCTION(memory_space, offsetof(struct nadir_memory_space_request, report)),
    [NADIR_FUNCTION_MEMORY_EPT] = FUNCTION(memory_ept, offsetof(struct nadir_memory_ept_request, report)),
};

/* The structure is ours, as far as its first bytes can tell. */
static u32 check_header(const struct nadir_header *header, const struct function *function, struct nadir_report *report)
{
    if (header->version != NADIR_CONTROL_VERSION)
        return host_report(report, NADIR_BAD_VERSION,
                           "The request is of control version %u, this module of version %u: nothing was changed. "
                           "Use the nadir command and the nadir.ko of one build.",
                           header->version, NADIR_CONTROL_VERSION);
    if (header->size != function->size)
        return host_report(report, NADIR_BAD_SIZE,
                           "The request says that it has %u bytes, and it has %zu: nothing was changed. "
                           "Use the nadir command and the nadir.ko of one build.",
                           header->size, function->size);
    return NADIR_OK;
}

static long answer(const struct file *file, const struct function *function, void *request)
{
    struct nadir_report scratch;
    u32 status = check_header(request, function, function->report ? request + function->report : &scratch);

    if (status != NADIR_OK)
        return host_errno(status);
    if (mutex_lock_interruptible(&host_lock))
        return -EINTR;
    asking = file;
    status = function->answer(request);
    asking = NULL;
    mutex_unlock(&host_lock);
    return host_errno(status);
}

static long device_ioctl(struct file *file, unsigned int number, unsigned long argument)
{
    void __user *user = (void __user *)argument;
    const struct function *function;
    void *request;
    long result;

    /* Asked at each request: an open file may be handed to somebody with less rights. */
    if (!capable(CAP_SYS_ADMIN))
        return -EPERM;
    if (_IOC_TYPE(number) != NADIR_IOCTL_TYPE || _IOC_NR(number) >= ARRAY_SIZE(functions) ||
        !functions[_IOC_NR(number)].answer)
        return -ENOTTY;
    function = &functions[_IOC_NR(number)];
    if (_IOC_DIR(number) != (_IOC_READ | _IOC_WRITE))
        return -ENOTTY;
    if (_IOC_SIZE(number) != function->size)
        return -EMSGSIZE;

    request = memdup_user(user, function->size);
    if (IS_ERR(request))
        return PTR_ERR(request);
    result = answer(file, function, request);
    if (result != -EINTR && copy_to_user(user, request, function->size))
        result = -EFAULT;
    kfree(request);
    return result;
}

/* The last user of an open file is gone: also when it was killed. */
static int device_release(struct inode *inode, struct file *file)
{
    struct nadir_report report;

    mutex_lock(&host_lock);
    host_hooks_close_locked(file);
    host_events_end_locked(file, &report);
    mutex_unlock(&host_lock);
    return 0;
}

static const struct file_operations operations = {
    .owner = THIS_MODULE, /* an open file keeps the module */
    .open = nonseekable_open,
    .release = device_release,
    .unlocked_ioctl = device_ioctl,
    .compat_ioctl = compat_ptr_ioctl, /* the structures are the same for 32-bit programs */
};

static struct miscdevice device = {
    .minor = MISC_DYNAMIC_MINOR,
    .name = NADIR_DEVICE_NAME,
    .fops = &operations,
    .mode = 0600,
};

int device_init(void)
{
    return misc_register(&device);
}

void device_exit(void)
{
    misc_deregister(&device);
}
