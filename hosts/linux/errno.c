// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * A status as the nearest errno, for callers that see only that.
 */
#include <linux/errno.h>

#include "hosts/linux/host.h"

int host_errno(u32 status)
{
    switch (status) {
    case NADIR_OK:
        return 0;
    case NADIR_NOT_INTEL_VMX:
    case NADIR_LOCKED_OFF:
    case NADIR_UNDER_HYPERVISOR:
        return -ENODEV;
    case NADIR_CONTROL_MISSING:
    case NADIR_FIXED_BITS:
    case NADIR_UNSUPPORTED_FEATURE:
    case NADIR_MEMORY_UNSUPPORTED:
        return -EOPNOTSUPP;
    case NADIR_IN_POSSESSION:
    case NADIR_BUSY:
    case NADIR_HOOK_TAKEN:
        return -EBUSY;
    case NADIR_NO_MEMORY:
        return -ENOMEM;
    case NADIR_TOO_MANY_PROCESSORS:
    case NADIR_HOOKS_TOO_MANY:
        return -E2BIG;
    case NADIR_PROCESSOR_OFFLINE:
    case NADIR_MEMORY_NOT_THERE:
        return -ENXIO;
    case NADIR_NO_PROCESS:
        return -ESRCH;
    case NADIR_INJECTED:
        return -ECANCELED;
    case NADIR_ALREADY_ON:
    case NADIR_ALREADY_OFF:
        return -EALREADY;
    case NADIR_BAD_VERSION:
        return -EPROTO;
    case NADIR_BAD_SIZE:
        return -EMSGSIZE;
    case NADIR_BAD_ARGUMENT:
    case NADIR_HOOK_ADDRESS:
    case NADIR_HOOK_NOT_CODE:
    case NADIR_HOOK_NOT_TEXT:
        return -EINVAL;
    default:
        return -EIO;
    }
}
