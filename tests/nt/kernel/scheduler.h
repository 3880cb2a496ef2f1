// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Threads, and what they wait for. One lock for all of it: there are few of them.
#pragma once

#include "tests/nt/abi/objects.h"
#include "tests/nt/kernel/cpu.h"

namespace nadir::nt {

constexpr u64 stack_pages = 6;          // as on Windows: 24 KiB
constexpr u64 units_per_tick = 100'000; // of 100 ns: a clock interrupt stands for 10 ms, however long it really takes
constexpr u64 for_ever = ~0ull;
constexpr u64 every_cpu = ~0ull;

enum class ThreadState : u32 { ended, ready, running, waiting };

struct Thread {
    DispatcherHeader header; // signalled when it has ended
    u64 stack_pointer;
    const char* name;
    u8* stack_low;
    u8* stack_high;
    ThreadState state;
    bool of_driver; // made by PsCreateSystemThread
    bool user;      // runs in the address space that has user memory
    u64 allowed;    // the processors that it may run on, by index
    bool system_affinity;
    u64 user_allowed; // before system_affinity
    void (*procedure)(void* argument);
    void* argument;
    DispatcherHeader* object; // waited for
    u64 deadline;             // in ticks
    Status wait_status;
    Status exit_status;
    u64 last_caller; // of an import
    u32 held_mutants;
    u32 references; // handles and pointers that a driver holds
    alignas(16) u8 fpu[512];
};

u64 tick_count();
void advance_clock(); // by processor 0's clock interrupt

// Of this kernel's own; they run at PASSIVE_LEVEL.
Thread* create_thread(const char* name, void (*procedure)(void*), void* argument, bool user = false);
[[noreturn]] void end_thread(Status status);
void yield();
// Goes on when at least so many clock interrupts have passed.
void sleep(u64 ticks);
void join(Thread& thread);

// Lets the present thread run on these processors only, and goes on when it runs on one of them.
void set_affinity(u64 allowed);

// KeWaitForSingleObject; `ticks` may be for_ever.
Status wait_for(DispatcherHeader& object, u64 ticks);
// Returns the state before.
i32 signal(DispatcherHeader& object, i32 state);
// Returns false when the caller doesn't hold it.
bool release_mutant(Mutant& mutant);

// Threads of a driver's that have not ended.
u32 driver_threads();

Thread* new_idle_thread(u32 index);
// The present processor, on its idle thread's stack, becomes one of those that run threads.
[[noreturn]] void enter_scheduler(Cpu& self);
// All other processors stop for good, as when the system dies.
void freeze_others();
bool frozen();
// Another processor shall look for something to run.
void wake(u32 index);

extern "C" void nt_switch(u64* save, u64 load);
extern "C" [[noreturn]] void nt_call_on_stack(void* stack_top, void (*procedure)(void*), void* argument);

} // namespace nadir::nt
