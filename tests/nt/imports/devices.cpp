// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tests/nt/imports/devices.h"

#include "hosts/bare/machine/print.h"
#include "tests/nt/image/call.h"
#include "tests/nt/imports/imports.h"
#include "tests/nt/imports/ledger.h"
#include "tests/nt/imports/requests.h"
#include "tests/nt/kernel/memory.h"
#include "tests/nt/kernel/text.h"
#include "tests/nt/kernel/violation.h"

namespace nadir::nt {

namespace {

constexpr u32 most_names = 8;
constexpr u32 longest_name = 64;
constexpr u32 secure_open = 0x100; // FILE_DEVICE_SECURE_OPEN

struct Name {
    char16_t text[longest_name];
    u32 length;
    DeviceObject* device; // or, of a link:
    char16_t target[longest_name];
};

Name devices[most_names];
Name links[most_names];
DeviceObject other_drivers;

UnicodeString string_of(char16_t* text, u32 length) {
    return {static_cast<u16>(2 * length), static_cast<u16>(2 * length), text};
}

bool is_named(Name& name, const char16_t* text) {
    return name.length != 0 && same_name(string_of(name.text, name.length), text);
}

void copy(char16_t (&to)[longest_name], const UnicodeString& from) {
    const u32 length = from.length / 2u;
    if (length + 1 > longest_name || from.length % 2 != 0 || from.length > from.maximum_length)
        violation(rule::object, last_caller(), "a name of %u bytes", static_cast<u32>(from.length));
    for (u32 i = 0; i < length; ++i)
        to[i] = from.buffer[i];
    to[length] = 0;
}

Name* find(Name (&names)[most_names], const char16_t* text) {
    for (Name& name : names)
        if (is_named(name, text))
            return &name;
    return nullptr;
}

Name& free_place(Name (&names)[most_names]) {
    for (Name& name : names)
        if (name.length == 0)
            return name;
    bare::finish(false, "more names than this kernel has room for");
}

NADIR_NT_ABI Status IoCreateDevice(DriverObject* driver, u32 extension_bytes, const UnicodeString* name, u32 type,
                                   u32 characteristics, u8, DeviceObject** device) {
    char16_t text[longest_name];
    copy(text, *name);
    if ((characteristics & secure_open) == 0)
        violation(rule::security, last_caller(),
                  "a device without FILE_DEVICE_SECURE_OPEN: \\Device\\Name\\anything would escape its DACL");
    if (find(devices, text) != nullptr)
        return status::object_name_collision;
    if (fails_now("IoCreateDevice"))
        return status::insufficient_resources;
    auto* fresh = static_cast<DeviceObject*>(new_bytes(sizeof(DeviceObject) + extension_bytes));
    fresh->type = 3;
    fresh->size = static_cast<u16>(sizeof(DeviceObject) + extension_bytes);
    fresh->driver = driver;
    fresh->flags = device_initializing;
    fresh->characteristics = characteristics;
    fresh->extension = extension_bytes != 0 ? fresh + 1 : nullptr;
    fresh->device_type = type;
    fresh->stack_size = 1;
    fresh->next = driver->device;
    driver->device = fresh;
    Name& place = free_place(devices);
    copy(place.text, *name);
    place.length = name->length / 2u;
    place.device = fresh;
    note_holding(Holding::device, reinterpret_cast<u64>(fresh));
    *device = fresh;
    return status::success;
}

NADIR_NT_ABI void IoDeleteDevice(DeviceObject* device) {
    Entry entry;
    if (!take_holding(Holding::device, reinterpret_cast<u64>(device), entry))
        violation(rule::object, last_caller(), "IoDeleteDevice of what is no device, or not any more");
    if (wants_shutdown(device))
        violation(rule::object, last_caller(), "IoDeleteDevice with a shutdown notification still registered");
    for (DeviceObject** at = &device->driver->device; *at != nullptr; at = &(*at)->next)
        if (*at == device) {
            *at = device->next;
            break;
        }
    for (Name& name : devices)
        if (name.device == device)
            name = {};
}

NADIR_NT_ABI Status IoCreateSymbolicLink(const UnicodeString* link, const UnicodeString* target) {
    char16_t text[longest_name];
    copy(text, *link);
    if (find(links, text) != nullptr)
        return status::object_name_collision;
    if (fails_now("IoCreateSymbolicLink"))
        return status::insufficient_resources;
    char16_t device[longest_name];
    copy(device, *target);
    const Name* named = find(devices, device);
    if (named != nullptr && named->device->security_descriptor == nullptr)
        violation(rule::security, last_caller(),
                  "a link to a device that has no DACL yet: for a moment everybody could open it");
    Name& place = free_place(links);
    copy(place.text, *link);
    place.length = link->length / 2u;
    copy(place.target, *target);
    note_holding(Holding::symbolic_link, reinterpret_cast<u64>(&place));
    return status::success;
}

NADIR_NT_ABI Status IoDeleteSymbolicLink(const UnicodeString* link) {
    char16_t text[longest_name];
    copy(text, *link);
    Name* place = find(links, text);
    if (place == nullptr)
        violation(rule::object, last_caller(), "IoDeleteSymbolicLink of a link that doesn't exist");
    Entry entry;
    take_holding(Holding::symbolic_link, reinterpret_cast<u64>(place), entry);
    *place = {};
    return status::success;
}

NADIR_NT_ABI Status IoRegisterShutdownNotification(DeviceObject* device) {
    if (fails_now("IoRegisterShutdownNotification"))
        return status::insufficient_resources;
    note_holding(Holding::shutdown_notification, reinterpret_cast<u64>(device));
    return status::success;
}

NADIR_NT_ABI void IoUnregisterShutdownNotification(DeviceObject* device) {
    Entry entry;
    take_holding(Holding::shutdown_notification, reinterpret_cast<u64>(device), entry);
}

} // namespace

bool wants_shutdown(const DeviceObject* device) {
    bool found = false;
    for_each_holding(Holding::shutdown_notification,
                     [&](const Entry& entry) { found = found || entry.key == reinterpret_cast<u64>(device); });
    return found;
}

DeviceObject* device_by_link(const char16_t* link) {
    Name* found = find(links, link);
    found = found != nullptr ? find(devices, found->target) : nullptr;
    return found != nullptr ? found->device : nullptr;
}

void finish_devices() {
    for (Name& name : devices)
        if (name.length != 0)
            name.device->flags &= ~device_initializing;
}

void occupy_name(const char16_t* text) {
    if (text == nullptr) {
        for (Name& name : devices)
            if (name.device == &other_drivers)
                name = {};
        return;
    }
    Name& place = free_place(devices);
    for (; text[place.length] != 0; ++place.length)
        place.text[place.length] = text[place.length];
    place.device = &other_drivers;
}

Imports io_imports() {
    static const Import table[] = {
        {"IoCreateDevice", reinterpret_cast<const void*>(&IoCreateDevice), apc_level, may_fail},
        {"IoDeleteDevice", reinterpret_cast<const void*>(&IoDeleteDevice), apc_level, 0},
        {"IoCreateSymbolicLink", reinterpret_cast<const void*>(&IoCreateSymbolicLink), passive_level, may_fail},
        {"IoDeleteSymbolicLink", reinterpret_cast<const void*>(&IoDeleteSymbolicLink), passive_level, 0},
        {"IoRegisterShutdownNotification", reinterpret_cast<const void*>(&IoRegisterShutdownNotification),
         passive_level, may_fail},
        {"IoUnregisterShutdownNotification", reinterpret_cast<const void*>(&IoUnregisterShutdownNotification),
         passive_level, 0},
        {"IofCompleteRequest", complete_request_routine(), dispatch_level, 0},
    };
    return {table, sizeof table / sizeof table[0]};
}

} // namespace nadir::nt
