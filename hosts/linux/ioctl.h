/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The requests of /dev/nadir: control/control.h as ioctl numbers. The module and the `nadir` command include this file.
 *
 * A request that the caller may not make, or that is not understood, fails with
 *   EPERM   the caller lacks CAP_SYS_ADMIN
 *   ENOTTY  no such function
 *   EMSGSIZE  the size in the number or in the header is not that of this version's structure
 *   EPROTO  the header has another NADIR_CONTROL_VERSION
 *   EFAULT  the structure can't be read or written
 *   EINTR   a signal arrived while waiting for another caller's request
 * A request that was understood but did not work fails with an errno that resembles its status (hosts/linux/errno.c),
 * and the structure is written back all the same: where it has a report, that has the status and the words. So: when
 * ioctl fails and report.status isn't NADIR_OK, believe the report; otherwise errno is all there is. Clear the report
 * before.
 */
#pragma once

#include "control/control.h"

#ifdef __KERNEL__
#include <linux/ioctl.h>
#else
#include <sys/ioctl.h>
#endif

#define NADIR_DEVICE_NAME "nadir"
#define NADIR_DEVICE_PATH "/dev/" NADIR_DEVICE_NAME

#define NADIR_IOCTL_TYPE 'N'
#define NADIR_IOCTL_ON _IOWR(NADIR_IOCTL_TYPE, NADIR_FUNCTION_ON, struct nadir_on_request)
#define NADIR_IOCTL_OFF _IOWR(NADIR_IOCTL_TYPE, NADIR_FUNCTION_OFF, struct nadir_off_request)
#define NADIR_IOCTL_STATE _IOWR(NADIR_IOCTL_TYPE, NADIR_FUNCTION_STATE, struct nadir_state_request)
#define NADIR_IOCTL_STATISTICS _IOWR(NADIR_IOCTL_TYPE, NADIR_FUNCTION_STATISTICS, struct nadir_statistics_request)
#define NADIR_IOCTL_LOG _IOWR(NADIR_IOCTL_TYPE, NADIR_FUNCTION_LOG, struct nadir_log_request)
#define NADIR_IOCTL_CAPABILITIES _IOWR(NADIR_IOCTL_TYPE, NADIR_FUNCTION_CAPABILITIES, struct nadir_capabilities_request)
#define NADIR_IOCTL_VMCS _IOWR(NADIR_IOCTL_TYPE, NADIR_FUNCTION_VMCS, struct nadir_vmcs_request)
#define NADIR_IOCTL_EVENTS_BEGIN _IOWR(NADIR_IOCTL_TYPE, NADIR_FUNCTION_EVENTS_BEGIN, struct nadir_events_begin_request)
#define NADIR_IOCTL_EVENTS_READ _IOWR(NADIR_IOCTL_TYPE, NADIR_FUNCTION_EVENTS_READ, struct nadir_events_read_request)
#define NADIR_IOCTL_EVENTS_END _IOWR(NADIR_IOCTL_TYPE, NADIR_FUNCTION_EVENTS_END, struct nadir_events_end_request)
#define NADIR_IOCTL_RECORDER _IOWR(NADIR_IOCTL_TYPE, NADIR_FUNCTION_RECORDER, struct nadir_recorder_request)
#define NADIR_IOCTL_EXTENSION _IOWR(NADIR_IOCTL_TYPE, NADIR_FUNCTION_EXTENSION, struct nadir_extension_request)
#define NADIR_IOCTL_RULES _IOWR(NADIR_IOCTL_TYPE, NADIR_FUNCTION_RULES, struct nadir_rules_request)
#define NADIR_IOCTL_HOOKS_SET _IOWR(NADIR_IOCTL_TYPE, NADIR_FUNCTION_HOOKS_SET, struct nadir_hooks_set_request)
#define NADIR_IOCTL_HOOKS_CLEAR _IOWR(NADIR_IOCTL_TYPE, NADIR_FUNCTION_HOOKS_CLEAR, struct nadir_hooks_clear_request)
#define NADIR_IOCTL_HOOKS_LIST _IOWR(NADIR_IOCTL_TYPE, NADIR_FUNCTION_HOOKS_LIST, struct nadir_hooks_list_request)
#define NADIR_IOCTL_MEMORY_READ                                                                                        \
    _IOWR(NADIR_IOCTL_TYPE, NADIR_FUNCTION_MEMORY_READ, struct nadir_memory_read_request)
#define NADIR_IOCTL_MEMORY_SPACE                                                                                       \
    _IOWR(NADIR_IOCTL_TYPE, NADIR_FUNCTION_MEMORY_SPACE, struct nadir_memory_space_request)
#define NADIR_IOCTL_MEMORY_EPT _IOWR(NADIR_IOCTL_TYPE, NADIR_FUNCTION_MEMORY_EPT, struct nadir_memory_ept_request)
