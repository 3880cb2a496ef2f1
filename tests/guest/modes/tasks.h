// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Hardware task switches: the tasks, what asks for a switch, and what is printed of it. [SDM3 "Task Management"]
#pragma once

#include "tests/guest/modes/pieces.h"

namespace nadir::modes {

constexpr u32 task_vector = 0x41; // INT 41H, open to CPL 3

extern Tss32 task32;
extern Tss16 task16;
extern u8 task_stack[1024]; // of both, and of their events
inline u32 task_stack_top() { return text_address(task_stack + sizeof task_stack); }

// Both tasks and all descriptors as they are to be: flat, CPL 0, and their code ends at once.
void prepare_tasks();

// What asks for a switch, on these registers: ECX selects.
void jump(void* registers);
void call(void* registers);

// Does it with known registers and prints what came of it: the event that ended it, what is saved in the old task, links,
// busy bits, control registers. Then all is as after prepare_tasks.
void trace_switch(const char* name, void (*body)(void*), u32 selector = 0);
void trace_switch(const char* name, const Entry& entry);

void trace_kinds();       // every way from every kind of task to every other
void trace_task_faults(); // what can go wrong
void trace_task_paging(); // CR3, and pages that aren't there

} // namespace nadir::modes
