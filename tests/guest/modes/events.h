// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Code of another mode or privilege, entered and left again by an event, and what the event looked like.
#pragma once

#include "tests/guest/modes/machine.h"

namespace nadir::modes {

// What the stubs push (start.S). From `esp` on only after a change of privilege, from `v86_es` on only out of V86 mode.
struct Frame {
    u32 gs, fs, es, ds;
    u32 edi, esi, ebp, own_esp, ebx, edx, ecx, eax;
    u32 vector, error;
    u32 eip, cs, eflags;
    u32 esp, ss;
    u32 v86_es, v86_ds, v86_fs, v86_gs;
};

constexpr u32 no_event = ~0u;
constexpr u32 end_vector = 0x60;  // INT 60H ends what was entered
constexpr u32 wake_vector = 0x42; // and so does an interrupt from another processor

struct Event {
    u32 vector; // no_event when there was none
    u32 error;
    u32 eip, cs, eflags;
    u32 esp, ss; // of the interrupted code
    u32 ds, es;
    u32 eax, ebx, ecx, edx;
    u32 dr6, cr2, tr;
};

// Where to go by IRET (start.S knows the layout).
struct Entry {
    u32 eip, cs, eflags, esp, ss, ds;
    u32 eax, ebx, ecx, edx;
};

struct Registers {
    u32 eax, ebx, ecx, edx;
};

// Every #DB is noted and execution goes on, up to `limit` of them; then it ends what was entered.
struct Steps {
    u32 count;
    u32 limit; // 0: a #DB ends what was entered, as any other event
    struct {
        u32 eip, dr6;
    } step[16];
};

// While it is set, events come from a task that has no stack yet. The processor then switches stacks whatever the privilege
// level; and which level it shows in the selector of CS is left open: it isn't printed.
extern bool without_stack;

extern Event last; // the event that ended the latest of these
extern Steps steps;

extern "C" {
void guarded(void (*body)(void*), void* argument);
void enter(const Entry* entry);
[[noreturn]] void resume();
void on_event(Frame* frame);
}

// Both forget the last event first.
void run(void (*body)(void*), void* argument);
void run(const Entry& entry);

// What the lines that follow are about: they begin with it.
void about(const char* text);
// A line of the trace, or its beginning.
[[gnu::format(printf, 1, 2)]] void line(const char* format, ...);
void begin_line();
// The line of the last event; `base` is what EIP is counted from. Without an event, the registers.
void print_event(const char* name, u32 base);

#define NADIR_INSTRUCTION(text)                                                                                        \
    [](void* p) {                                                                                                      \
        auto* r = static_cast<::nadir::modes::Registers*>(p);                                                          \
        asm volatile(text : "+a"(r->eax), "+b"(r->ebx), "+c"(r->ecx), "+d"(r->edx) : : "memory", "cc");                \
    }

// Executes in the present mode and prints the registers afterwards, or the event.
void probe(const char* name, Registers registers, void (*body)(void*));

// Enters, and prints what ended it and the steps on the way.
void trace_entry(const char* name, const Entry& entry, u32 base);

} // namespace nadir::modes
