// SPDX-License-Identifier: MIT OR GPL-2.0-only
// GDB's packets about registers, memory, break- and watchpoints, of the processor that is shown. Each function answers what stands
// behind the packet's letter.
#pragma once

#include "base/format.h"
#include "core/gdb/hex.h"
#include "core/gdb/session.h"

namespace nadir::core::gdb {

// Numbers of errno.h, for GDB shows them; it has no other words for a refusal.
enum class Error : uint8_t { not_permitted = 1, bad_address = 14, bad_argument = 22 };

inline void put_error(base::Writer& reply, Error error) {
    reply.character('E');
    put_byte(reply, static_cast<uint8_t>(error));
}

inline void put_done(base::Writer& reply) { reply.text("OK"); }

struct Range {
    uint64_t address;
    uint64_t bytes;
};

// address,length
std::optional<Range> take_range(Words& words);

void read_all(const Session& session, Vmm& vmm, base::Writer& reply);
void write_all(const Session& session, Vmm& vmm, Words words, base::Writer& reply);
void read_one(const Session& session, Vmm& vmm, Words words, base::Writer& reply);
void write_one(const Session& session, Vmm& vmm, Words words, base::Writer& reply);

void read_bytes(const Session& session, Vmm& vmm, Words words, base::Writer& reply);
void write_bytes(const Session& session, Vmm& vmm, Words words, bool binary, base::Writer& reply);

void change_point(const Session& session, Vmm& vmm, Words words, bool set, base::Writer& reply);

} // namespace nadir::core::gdb
