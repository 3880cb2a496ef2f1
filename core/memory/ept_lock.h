// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Held while the EPT tables change: whoever comes second finds them changed, and no page of the pool is taken in vain. Root
// mode's only lock, so nothing can wait in a circle.
//
// The wait has an end: while the holder works it is short (the tables have an end); a holder that was stopped, by a fault or
// by the watchdog, loses the lock to who waits. That is right because each change of a table in use is one store that leaves
// it whole (core/memory/ept.cpp): what the holder had not linked yet is lost, not wrong.
#pragma once

#include "core/vcpu.h"

namespace nadir::core {

class EptLock {
public:
    explicit EptLock(Vcpu& vcpu);
    ~EptLock();
    EptLock(const EptLock&) = delete;
    EptLock& operator=(const EptLock&) = delete;

private:
    Vcpu& vcpu_;
};

} // namespace nadir::core
