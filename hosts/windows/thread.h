// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A thread of the system that does something by turns until it is told to end.
#pragma once

#include "hosts/windows/nt/nt.h"

namespace nadir::windows {

class TurnThread {
public:
    // False when the system refuses. `routine` calls wait between its turns, and returns when that says so. Passive.
    bool begin(KSTART_ROUTINE* routine, PVOID context);
    // Tells it to end.
    void cancel();
    // The same, and waits until it has. Nothing happens where it was never begun. Passive.
    void end();

    // In the thread: waits that long. False when it is to end.
    bool wait(ULONG milliseconds);

private:
    KEVENT end_{};
    PVOID thread_ = nullptr;
};

} // namespace nadir::windows
