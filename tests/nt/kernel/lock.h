// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A lock that is held with interrupts off.
#pragma once

#include "hosts/bare/machine/instructions.h"

namespace nadir::nt {

struct Lock {
    bool taken = false;
};

inline bool disable_interrupts() {
    const bool were_on = (bare::read_rflags() & bare::rflags_if) != 0;
    asm volatile("cli" : : : "memory");
    return were_on;
}

inline void enable_interrupts(bool on) {
    if (on)
        asm volatile("sti" : : : "memory");
}

inline void take(Lock& lock) {
    while (__atomic_exchange_n(&lock.taken, true, __ATOMIC_ACQUIRE))
        bare::pause();
}

inline void give(Lock& lock) { __atomic_store_n(&lock.taken, false, __ATOMIC_RELEASE); }

class Locked {
public:
    explicit Locked(Lock& lock) : lock_(lock), interrupts_(disable_interrupts()) { take(lock_); }
    ~Locked() {
        give(lock_);
        enable_interrupts(interrupts_);
    }
    Locked(const Locked&) = delete;
    Locked& operator=(const Locked&) = delete;

private:
    Lock& lock_;
    bool interrupts_;
};

} // namespace nadir::nt
