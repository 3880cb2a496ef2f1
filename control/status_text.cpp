// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Words for the codes of control/control.h. Literals, so that a pointer into them is also a C string.
#include "control/messages.h"

namespace nadir::control {

namespace {

struct CodeText {
    std::uint32_t code;
    std::string_view text;
};

constexpr CodeText statuses[] = {
    {NADIR_OK, "success"},
    {NADIR_NOT_INTEL_VMX, "the processor does not offer VMX"},
    {NADIR_LOCKED_OFF, "the firmware has locked VMX off"},
    {NADIR_IN_POSSESSION, "another hypervisor uses VMX"},
    {NADIR_CONTROL_MISSING, "the processor lacks a VMX control that Nadir needs"},
    {NADIR_FIXED_BITS, "CR0 or CR4 can't be made to agree with VMX operation"},
    {NADIR_UNSUPPORTED_FEATURE, "the system uses a processor feature that Nadir can't carry through"},
    {NADIR_UNDER_HYPERVISOR, "a hypervisor underneath does not offer VMX"},
    {NADIR_NO_MEMORY, "not enough memory"},
    {NADIR_TOO_MANY_PROCESSORS, "more processors than Nadir serves"},
    {NADIR_PROCESSOR_OFFLINE, "the processor is offline"},
    {NADIR_VMXON_FAILED, "VMXON failed"},
    {NADIR_VMCLEAR_FAILED, "VMCLEAR failed"},
    {NADIR_VMPTRLD_FAILED, "VMPTRLD failed"},
    {NADIR_VMWRITE_FAILED, "VMWRITE failed"},
    {NADIR_VMLAUNCH_FAILED, "VMLAUNCH failed"},
    {NADIR_ENTRY_FAILED, "the VM entry failed"},
    {NADIR_CONFIRM_FAILED, "the processor was entered but its first hypercall was not answered"},
    {NADIR_INJECTED, "a failure that was asked for"},
    {NADIR_ALREADY_ON, "Nadir is already on"},
    {NADIR_ALREADY_OFF, "Nadir is already off"},
    {NADIR_BAD_VERSION, "the version of the request is not that of Nadir"},
    {NADIR_BAD_SIZE, "the size of the request is not the one of its version"},
    {NADIR_BAD_ARGUMENT, "an argument of the request is out of range"},
    {NADIR_BUSY, "another request is under way"},
    {NADIR_REFUSED, "the core did not take the hypercall"},
    {NADIR_PROCESSOR_LOST,
     "root mode had to stop this processor; `nadir log` says why, and only a reboot brings it back"},
    {NADIR_EVENT_NOT_OFFERED, "the processor lacks the VMX control that such an event needs"},
    {NADIR_HOOKS_NOT_ASKED_FOR, "Nadir was started without memory for hidden pages"},
    {NADIR_HOOKS_UNSUPPORTED, "the processor can't make memory executable without making it readable"},
    {NADIR_HOOK_NO_MEMORY, "there is no memory at the address of the hook"},
    {NADIR_HOOK_DEVICE, "the address of the hook is a device's, or other memory that isn't write-back"},
    {NADIR_MEMORY_HIDDEN, "a page of it is hidden by a hook"},
    {NADIR_MEMORY_TOO_MUCH, "it is more memory than can be watched"},
    {NADIR_HOOK_WATCHED, "the hook's page is watched or protected"},
    {NADIR_HOOK_INSTRUCTION, "the instruction at the address of the hook can't be let through alone on this processor"},
    {NADIR_HOOK_EXTENSION, "no extension of that number takes hooks"},
    {NADIR_HOOK_OURS, "the address of the hook is in Nadir's own memory"},
    {NADIR_HOOK_ADDRESS, "the address of the hook isn't one of the kernel's that is mapped"},
    {NADIR_HOOK_NOT_CODE, "the address of the hook is mapped, but not executable"},
    {NADIR_HOOK_NOT_TEXT, "the hook is neither in the kernel's own code nor in a module's"},
    {NADIR_HOOK_TAKEN, "somebody has another kind of hook at this address"},
    {NADIR_HOOKS_TOO_MANY, "there are too many hooks"},
    {NADIR_HOOKS_NOT_HERE, "hooks can't be set on this system yet"},
    {NADIR_MEMORY_NOT_THERE, "the machine has no memory at this physical address"},
    {NADIR_MEMORY_DEVICE, "this physical address is a device's, and reading it could change what the device does"},
    {NADIR_MEMORY_OURS, "this physical address is in Nadir's own memory"},
    {NADIR_MEMORY_UNREADABLE, "the system keeps this page out of its own reach"},
    {NADIR_NO_PROCESS, "there is no such process, or it has no address space of its own"},
    {NADIR_MEMORY_UNSUPPORTED, "Nadir's host for this system can't look at memory yet"},
    {NADIR_GDB_UNSUPPORTED,
     "the processor has no VMX-preemption timer that VM exits save: by it the debugger looks up"},
    {NADIR_GDB_WATCHES, "GDB has a watchpoint in this page"},
};

constexpr std::string_view steps[] = {
    "none",
    "probe",
    "allocate memory",
    "prepare root mode and EPT",
    "check the processor",
    "set IA32_FEATURE_CONTROL",
    "set CR0 and CR4",
    "VMXON",
    "VMCLEAR",
    "VMPTRLD",
    "write the VMCS",
    "VMLAUNCH",
    "enter the guest",
    "confirm",
    "hide Nadir's memory",
};
static_assert(sizeof(steps) / sizeof(steps[0]) == NADIR_STEP_COUNT);

constexpr std::string_view levels[] = {"error", "warning", "info", "debug"};

// Named, so that their lengths are constants: compilers that merge the returns of literals call strlen.
constexpr std::string_view unknown_status = "an unknown status";
constexpr std::string_view unknown_step = "an unknown step";
constexpr std::string_view unknown_level = "unknown";

} // namespace

std::string_view status_text(std::uint32_t status) {
    for (const CodeText& entry : statuses) {
        if (entry.code == status) {
            return entry.text;
        }
    }
    return unknown_status;
}

std::string_view step_text(std::uint32_t step) { return step < NADIR_STEP_COUNT ? steps[step] : unknown_step; }

std::string_view name_of(nadir_level level) {
    return static_cast<unsigned>(level) < sizeof(levels) / sizeof(levels[0]) ? levels[level] : unknown_level;
}

} // namespace nadir::control
