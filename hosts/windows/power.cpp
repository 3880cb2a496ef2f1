// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Sleep and hibernation: Nadir is off before, and on again afterwards. A shutdown that hibernates the system's own session
// (fast startup) is one of them.
#include "hosts/windows/host.h"
#include "hosts/windows/instructions.h"
#include "hosts/windows/machine.h"
#include "hosts/windows/names.h"

namespace nadir::windows {

namespace {

constinit CALLBACK_OBJECT* power_state = nullptr;
constinit PVOID registration = nullptr;

void power_changes(PVOID, PVOID what, PVOID value) {
    if (reinterpret_cast<ULONG_PTR>(what) != PO_CB_SYSTEM_STATE_LOCK) {
        return;
    }
    const bool leaves_s0 = value == nullptr;
    // The system's documentation allows a higher level, its power manager uses this one. Nothing could be waited for there.
    if (interrupt_request_level() != PASSIVE_LEVEL) {
        print(NADIR_LEVEL_ERROR, "the system changes its power state at IRQL {d}: Nadir can't follow",
              {interrupt_request_level()});
    } else if (leaves_s0) {
        block(Hindrance::sleep);
    } else {
        resume();
    }
}

} // namespace

bool power_init() {
    UNICODE_STRING name = name_of(L"\\Callback\\PowerState");
    OBJECT_ATTRIBUTES attributes{};
    attributes.Length = sizeof(attributes);
    attributes.ObjectName = &name;
    attributes.Attributes = OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE;
    if (!NT_SUCCESS(ExCreateCallback(&power_state, &attributes, FALSE, TRUE))) {
        return false;
    }
    registration = ExRegisterCallback(power_state, power_changes, nullptr);
    if (registration == nullptr) {
        ObfDereferenceObject(power_state);
    }
    return registration != nullptr;
}

void power_exit() {
    ExUnregisterCallback(registration);
    ObfDereferenceObject(power_state);
}

} // namespace nadir::windows
