// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tests/nt/imports/ledger.h"

#include "hosts/bare/machine/print.h"
#include "tests/nt/image/call.h"
#include "tests/nt/kernel/lock.h"
#include "tests/nt/kernel/scheduler.h"
#include "tests/nt/kernel/violation.h"

namespace nadir::nt {

namespace {

Lock lock;
Entry entries[most_holdings];

constexpr const char* kinds[] = {"nothing",
                                 "pool",
                                 "contiguous memory",
                                 "handle",
                                 "reference to an object",
                                 "callback",
                                 "device",
                                 "symbolic link",
                                 "shutdown notification",
                                 "bug check callback",
                                 "processor change callback",
                                 "NMI callback",
                                 "mapped I/O space"};

} // namespace

void note_holding(Holding kind, u64 key, u64 detail, u64 bytes, u32 tag) {
    const Locked guard(lock);
    for (Entry& entry : entries)
        if (entry.kind == Holding::none) {
            entry = {kind, key, detail, bytes, tag, last_caller()};
            return;
        }
    violation(rule::leak, last_caller(), "the driver holds more than %u things", most_holdings);
}

bool take_holding(Holding kind, u64 key, Entry& found) {
    const Locked guard(lock);
    for (Entry& entry : entries)
        if (entry.kind == kind && entry.key == key) {
            found = entry;
            entry.kind = Holding::none;
            return true;
        }
    return false;
}

u32 holdings(Holding kind) {
    const Locked guard(lock);
    u32 count = 0;
    for (const Entry& entry : entries)
        count += entry.kind == kind ? 1 : 0;
    return count;
}

u32 all_holdings() {
    const Locked guard(lock);
    u32 count = 0;
    for (const Entry& entry : entries)
        count += entry.kind != Holding::none ? 1 : 0;
    return count;
}

const Entry* holding_at(u32 index) { return &entries[index]; }

void require_no_holdings(const char* when) {
    const Entry* first = nullptr;
    for (const Entry& entry : entries) {
        if (entry.kind == Holding::none)
            continue;
        char where[64];
        describe_address(where, entry.caller);
        bare::print("left over %s: %s %llx, %llu bytes, tag %x, made%s\n", when, kinds[static_cast<u32>(entry.kind)],
                    entry.key, entry.bytes, entry.tag, where);
        if (first == nullptr)
            first = &entry;
    }
    if (first != nullptr)
        violation(rule::leak, first->caller, "%s %s is still there, of %u", when, kinds[static_cast<u32>(first->kind)],
                  all_holdings());
    if (driver_threads() != 0)
        violation(rule::leak, 0, "%s %u threads of the driver's still run", when, driver_threads());
}

} // namespace nadir::nt
