// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tests/nt/imports/requests.h"

#include "tests/nt/image/call.h"
#include "tests/nt/imports/devices.h"
#include "tests/nt/imports/guarded_memory.h"
#include "tests/nt/kernel/lock.h"
#include "tests/nt/kernel/scheduler.h"
#include "tests/nt/kernel/violation.h"

namespace nadir::nt {

namespace {

// An IRP with its only stack location behind it, as the I/O manager lays them out.
struct Packet {
    Irp irp;
    IoStackLocation location;
};

// What the I/O manager remembers of a request beside the packet.
struct Request {
    Packet* packet;
    void* buffer; // AssociatedIrp.SystemBuffer
    u32 buffer_bytes;
    void* output;
    u32 output_bytes;
    Answer answer;
    bool completed;
    bool marked_pending;
    Event event;
};

constexpr u32 most_requests = 16;
Lock lock;
Request* requests[most_requests];
u64 finished[64]; // packets that are gone, so that a second completion can be told from nonsense
u32 finished_count;

void remember(Request& request) {
    const Locked guard(lock);
    for (Request*& each : requests)
        if (each == nullptr) {
            each = &request;
            return;
        }
}

Request* take(const Irp* irp) {
    const Locked guard(lock);
    for (Request*& each : requests)
        if (each != nullptr && &each->packet->irp == irp) {
            Request* found = each;
            each = nullptr;
            finished[finished_count++ % 64] = reinterpret_cast<u64>(irp);
            return found;
        }
    return nullptr;
}

bool was_finished(const Irp* irp) {
    const Locked guard(lock);
    for (const u64 each : finished)
        if (each == reinterpret_cast<u64>(irp))
            return true;
    return false;
}

void check_completion(const Request& request) {
    const Irp& irp = request.packet->irp;
    if (irp.io_status == status::pending)
        violation(rule::irp, last_caller(), "a request completed with STATUS_PENDING");
    if (irp.io_status != status::success && irp.io_status >> 30 == 0)
        violation(rule::irp, last_caller(), "a request completed with status %x", irp.io_status);
    if (irp.io_status == 0xFFFF'FFFF)
        violation(rule::irp, last_caller(), "a request completed with a status that nobody set");
    if (!is_error(irp.io_status) && irp.information > request.output_bytes)
        violation(rule::irp, last_caller(), "a request completed with %llu bytes of answer, where there is room for %u",
                  irp.information, request.output_bytes);
    if (irp.cancel_routine != nullptr)
        violation(rule::irp, last_caller(), "a request completed that still has a cancel routine");
}

NADIR_NT_ABI void IofCompleteRequest(Irp* irp, char) {
    Request* request = take(irp);
    if (request == nullptr)
        violation(rule::irp, last_caller(),
                  was_finished(irp) ? "a request completed twice (%llx)" : "%llx completed, which is no request",
                  reinterpret_cast<u64>(irp));
    check_completion(*request);
    request->answer = {irp->io_status, irp->information};
    request->marked_pending = (request->packet->location.control & location_pending) != 0;
    // Of an error nothing is copied, whatever it says [Using Buffered I/O].
    if (!is_error(irp->io_status) && request->output != nullptr)
        __builtin_memcpy(request->output, request->buffer, irp->information);
    if (request->buffer != nullptr)
        give_guarded(request->buffer, request->buffer_bytes);
    give_guarded(request->packet, sizeof(Packet));
    request->completed = true;
    signal(request->event.header, 1);
}

void start(Request& request, DeviceObject* device, FileObject* file, u8 major) {
    request.packet = static_cast<Packet*>(take_guarded(sizeof(Packet)));
    *request.packet = {};
    Irp& irp = request.packet->irp;
    irp.type = 6;
    irp.size = sizeof(Packet);
    irp.system_buffer = request.buffer;
    irp.io_status = 0xFFFF'FFFF;
    irp.requestor_mode = 1;
    irp.stack_count = 1;
    irp.current_location = 1;
    irp.location = &request.packet->location;
    irp.original_file = file;
    irp.thread = &this_thread();
    request.packet->location.major = major;
    request.packet->location.device = device;
    request.packet->location.file = file;
    request.event.header = {object_notification_event, 0, sizeof(Event) / 4, 0, 0, {nullptr, nullptr}};
    remember(request);
}

Answer dispatch(Request& request, DeviceObject* device) {
    const Dispatch routine = device->driver->major[request.packet->location.major];
    const auto status =
        static_cast<Status>(call_driver("a dispatch routine", reinterpret_cast<const void*>(routine),
                                        reinterpret_cast<u64>(device), reinterpret_cast<u64>(&request.packet->irp)));
    const u64 address = reinterpret_cast<u64>(routine);
    if (status == status::pending) {
        wait_for(request.event.header, for_ever);
        if (!request.marked_pending)
            violation(rule::irp, address, "STATUS_PENDING for a request that wasn't marked pending");
        return request.answer;
    }
    if (!request.completed)
        violation(rule::irp, address, "a dispatch routine returned %x and has not completed the request", status);
    if (status != request.answer.status)
        violation(rule::irp, address, "a dispatch routine returned %x for a request completed with %x", status,
                  request.answer.status);
    return request.answer;
}

Answer send(DeviceObject* device, FileObject* file, u8 major) {
    Request request{};
    start(request, device, file, major);
    return dispatch(request, device);
}

// `rest` is this kernel's; its first word counts the references: one by the handle, one by each request.
void take_file(FileObject* file) { __atomic_fetch_add(&file->rest[0], 1, __ATOMIC_ACQ_REL); }

void drop_file(FileObject* file) {
    if (__atomic_sub_fetch(&file->rest[0], 1, __ATOMIC_ACQ_REL) != 0)
        return;
    send(file->device, file, major_close);
    --file->device->reference_count;
    give_guarded(file, sizeof(FileObject));
}

} // namespace

// Of what a driver leaves alone: as the I/O manager fills it in.
NADIR_NT_ABI Status invalid_device_request(DeviceObject*, Irp* irp) {
    irp->io_status = status::invalid_device_request;
    irp->information = 0;
    IofCompleteRequest(irp, 0);
    return status::invalid_device_request;
}

FileObject* open_device(const char16_t* link, User user, Status& why) {
    DeviceObject* device = device_by_link(link);
    if (device == nullptr || (device->flags & device_initializing) != 0) {
        why = status::object_name_not_found;
        return nullptr;
    }
    if (!may_open(*device, user)) {
        why = status::access_denied;
        return nullptr;
    }
    auto* file = static_cast<FileObject*>(take_guarded(sizeof(FileObject)));
    *file = {};
    file->type = 5;
    file->size = sizeof(FileObject);
    file->device = device;
    why = send(device, file, major_create).status;
    if (!succeeded(why)) {
        give_guarded(file, sizeof(FileObject));
        return nullptr;
    }
    ++device->reference_count;
    take_file(file);
    return file;
}

// The last handle is closed at once, the file object when no request refers to it any more.
void close_device(FileObject* file) {
    send(file->device, file, major_cleanup);
    drop_file(file);
}

u64 requests_under_way(const FileObject* file) { return __atomic_load_n(&file->rest[0], __ATOMIC_ACQUIRE) - 1; }

Answer control_device(FileObject* file, u32 code, const void* input, u32 input_bytes, void* output, u32 output_bytes) {
    Request request{};
    request.buffer_bytes = input_bytes > output_bytes ? input_bytes : output_bytes;
    const bool buffered = (code & 3) != method_neither;
    if (request.buffer_bytes != 0 && buffered) {
        request.buffer = take_guarded(request.buffer_bytes);
        __builtin_memcpy(request.buffer, input, input_bytes);
    }
    request.output = (code & 3) == method_buffered ? output : nullptr;
    request.output_bytes = output_bytes;
    start(request, file->device, file, major_device_control);
    auto& parameters = request.packet->location.parameters;
    parameters.code = code;
    parameters.input_length = input_bytes;
    parameters.output_length = output_bytes;
    // Addresses of the caller's, which METHOD_BUFFERED doesn't use and a driver can't trust.
    request.packet->irp.user_buffer = reinterpret_cast<void*>(0x10000);
    parameters.type3_input = buffered ? nullptr : reinterpret_cast<void*>(0x10000);
    take_file(file);
    const Answer answer = dispatch(request, file->device);
    drop_file(file);
    return answer;
}

bool send_shutdown(DeviceObject* device) {
    if (!wants_shutdown(device))
        return false;
    send(device, nullptr, major_shutdown);
    return true;
}

Answer send_other(FileObject* file, u8 major) { return send(file->device, file, major); }

const void* complete_request_routine() { return reinterpret_cast<const void*>(&IofCompleteRequest); }

} // namespace nadir::nt
