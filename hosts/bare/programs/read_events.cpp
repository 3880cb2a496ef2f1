// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "hosts/bare/programs/read_events.h"

namespace nadir::bare {

const nadir_events_read_request* next_events(const nadir_session* session, u32 number, ReadEvents& read) {
    static nadir_events_read_request request;
    request.processor = number;
    request.next = read.next;
    if (nadir_events_read(session, &request) != NADIR_OK) {
        read.why = "events can't be read";
        return nullptr;
    }
    for (u32 i = 0; i < request.count; ++i)
        if (request.events[i].sequence != static_cast<u32>(request.next - request.count + i + 1)) {
            read.why = "an event is missing, or comes twice";
            return nullptr;
        }
    read.next = request.next;
    read.events += request.count;
    read.lost += request.lost;
    return request.count != 0 ? &request : nullptr;
}

} // namespace nadir::bare
