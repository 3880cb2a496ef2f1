// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/log.h"

#include "core/session.h"
#include "core/vmm.h"
#include "cpu/instructions.h"

namespace nadir::core {

namespace {

constexpr uint32_t being_written = ~uint32_t{0};

void write(nadir_log_record& record, uint32_t sequence, uint32_t processor, Message message, uint32_t level,
           std::initializer_list<uint64_t> arguments) {
    // A reader on another processor sees either the old sequence number, or this one, or the complete record.
    __atomic_store_n(&record.sequence, being_written, __ATOMIC_RELEASE);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    record.time = cpu::read_tsc();
    record.processor = static_cast<nadir_u16>(processor);
    record.level = static_cast<nadir_u8>(level);
    record.message = static_cast<nadir_u8>(message);
    nadir_u64(&to)[6] = record.argument;
    to[0] = to[1] = to[2] = to[3] = to[4] = to[5] = 0; // a loop would take four times as long, and exits wait for it
    nadir_u64* next = to;
    for (const uint64_t argument : arguments) {
        *next++ = argument;
    }
    __atomic_store_n(&record.sequence, sequence, __ATOMIC_RELEASE);
}

} // namespace

void log(Vcpu& vcpu, Message message, std::initializer_list<uint64_t> arguments) {
    const auto level = static_cast<uint32_t>(control::level_of(message));
    if (level > vcpu.place.vmm->options.log_level) {
        return;
    }
    // The number is taken first: an NMI or a fault in root mode may log in the midst of this.
    const uint32_t sequence = __atomic_fetch_add(&vcpu.log_next, 1, __ATOMIC_ACQ_REL);
    write(vcpu.place.log[sequence % log_records], sequence, vcpu.place.processor, message, level, arguments);
}

void log(nadir_session& session, uint32_t processor, Message message, std::initializer_list<uint64_t> arguments) {
    constexpr uint32_t capacity = sizeof(session.log) / sizeof(session.log[0]);
    const uint32_t sequence = session.log_next;
    write(session.log[sequence % capacity], sequence, processor, message,
          static_cast<uint32_t>(control::level_of(message)), arguments);
    __atomic_store_n(&session.log_next, sequence + 1, __ATOMIC_RELEASE);
}

bool read_record(const LogRing& ring, uint32_t sequence, nadir_log_record& out) {
    const nadir_log_record& place = ring.records[sequence % ring.capacity];
    if (__atomic_load_n(&place.sequence, __ATOMIC_ACQUIRE) != sequence) {
        return false;
    }
    out = place;
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return __atomic_load_n(&place.sequence, __ATOMIC_ACQUIRE) == sequence && out.sequence == sequence;
}

uint32_t read_ring(const LogRing& ring, nadir_log_request& request) {
    request.count = 0;
    request.lost = 0;
    const uint32_t oldest = ring.next > ring.capacity ? ring.next - ring.capacity : 0;
    if (request.next < oldest) {
        request.lost = oldest - request.next;
        request.next = oldest;
    }
    while (request.next < ring.next && request.count < NADIR_LOG_BATCH) {
        if (read_record(ring, request.next, request.records[request.count])) {
            ++request.count;
        } else if (__atomic_load_n(&ring.records[request.next % ring.capacity].sequence, __ATOMIC_ACQUIRE) ==
                   being_written) {
            break; // the next call gets it
        } else {
            ++request.lost;
        }
        ++request.next;
    }
    return NADIR_OK;
}

} // namespace nadir::core
