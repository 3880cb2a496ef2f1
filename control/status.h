/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What can come of a request, as a number.
 */
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

/* Why something did not work. Stable numbers; `nadir_status_text` has the words. */
enum nadir_status {
    NADIR_OK = 0,
    /* The processor or its firmware. */
    NADIR_NOT_INTEL_VMX = 1,       /* CPUID.1:ECX.VMX is clear */
    NADIR_LOCKED_OFF = 2,          /* IA32_FEATURE_CONTROL is locked without "enable VMX outside SMX" */
    NADIR_IN_POSSESSION = 3,       /* CR4.VMXE is set: another hypervisor uses VMX on this processor */
    NADIR_CONTROL_MISSING = 4,     /* a required VMX control or EPT/VPID capability; detail[0] names it */
    NADIR_FIXED_BITS = 5,          /* CR0/CR4 cannot be made to agree with the FIXED MSRs */
    NADIR_UNSUPPORTED_FEATURE = 6, /* the system uses a feature that Nadir cannot carry through (FRED, ...) */
    NADIR_UNDER_HYPERVISOR = 7,    /* CPUID says hypervisor present and VMX is not offered to us */
    /* The machine. */
    NADIR_NO_MEMORY = 16,
    NADIR_TOO_MANY_PROCESSORS = 17,
    NADIR_PROCESSOR_OFFLINE = 18,
    /* The steps of entering, on one processor. */
    NADIR_VMXON_FAILED = 32,
    NADIR_VMCLEAR_FAILED = 33,
    NADIR_VMPTRLD_FAILED = 34,
    NADIR_VMWRITE_FAILED = 35,
    NADIR_VMLAUNCH_FAILED = 36, /* VMfail: detail[0] is the VM-instruction error */
    NADIR_ENTRY_FAILED = 37,    /* failed VM entry: detail[0] exit reason, detail[1] qualification */
    NADIR_CONFIRM_FAILED = 38,  /* entered, but the first hypercall was not answered */
    NADIR_INJECTED = 39,        /* a failure that was asked for (nadir_options.fail_step) */
    /* The request. */
    NADIR_ALREADY_ON = 64,
    NADIR_ALREADY_OFF = 65,
    NADIR_BAD_VERSION = 66,
    NADIR_BAD_SIZE = 67,
    NADIR_BAD_ARGUMENT = 68,
    NADIR_BUSY = 69,
    NADIR_REFUSED = 70,           /* the core did not take the hypercall */
    NADIR_PROCESSOR_LOST = 71,    /* root mode had to stop a processor: its log says why; only a reboot helps */
    NADIR_EVENT_NOT_OFFERED = 72, /* the processor lacks the VMX control by which such an event would exit */
    /* A hook (docs/views.md). */
    NADIR_HOOKS_NOT_ASKED_FOR = 96, /* Nadir was started without memory for hidden pages (nadir_options.hook_pages) */
    NADIR_HOOKS_UNSUPPORTED = 97,   /* the processor has no memory that can be executed and not read */
    NADIR_HOOK_NO_MEMORY = 98,      /* there is no memory at the address */
    NADIR_HOOK_DEVICE = 99,         /* there is a device's, or other memory that isn't write-back */
    NADIR_HOOK_OURS = 100,          /* there is Nadir's own */
    NADIR_HOOK_INSTRUCTION = 101,   /* without a monitor trap flag that works, the instruction can't be stepped over */
    /* Memory that is watched or protected (docs/watchpoints.md). */
    NADIR_MEMORY_HIDDEN = 102,   /* a page of it is hidden: there is a hook */
    NADIR_MEMORY_TOO_MUCH = 103, /* more pages than NADIR_MEMORY_PAGES */
    NADIR_HOOK_WATCHED = 104,    /* a hook's page is watched or protected */
    NADIR_HOOK_ADDRESS = 110,    /* no address of the kernel that is mapped */
    NADIR_HOOK_NOT_CODE = 111,   /* it is mapped, and not executable */
    NADIR_HOOK_NOT_TEXT = 112,   /* the system may free it, and nobody would be told (code that is made at run time) */
    NADIR_HOOK_TAKEN = 113,      /* somebody has another kind of hook there */
    NADIR_HOOKS_TOO_MANY = 114,
    NADIR_HOOKS_NOT_HERE = 115, /* this system's host can't set hooks yet */
    NADIR_HOOK_EXTENSION = 118, /* there is no extension of this number, or it has no callback for hooks */
    /* Memory that was asked for (docs/memory.md). */
    NADIR_MEMORY_NOT_THERE = 122,   /* the machine has nothing at this physical address */
    NADIR_MEMORY_DEVICE = 123,      /* it has a device there, and reading could change what that does */
    NADIR_MEMORY_OURS = 124,        /* Nadir's own memory lies there */
    NADIR_MEMORY_UNREADABLE = 125,  /* the system itself keeps the page out of its own reach */
    NADIR_NO_PROCESS = 126,         /* there is no such process, or it has no address space of its own */
    NADIR_MEMORY_UNSUPPORTED = 127, /* this system's host can't do it */
    NADIR_GDB_UNSUPPORTED = 128, /* nadir_options.gdb_port: the processor has no VMX-preemption timer that is saved */
    NADIR_GDB_WATCHES = 129      /* the debugger has a watchpoint in this page */
};

#ifdef __cplusplus
}
#endif
