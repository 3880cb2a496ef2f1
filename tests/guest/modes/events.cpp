// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tests/guest/modes/events.h"

namespace nadir::modes {

Event last;
bool without_stack;
Steps steps;

namespace {

const char* subject = "";

bool changes_stack(const Frame& frame) {
    return (frame.eflags & flags_vm) != 0 || (frame.cs & 3) != 0 || without_stack;
}

void note(const Frame& frame) {
    const bool v86 = (frame.eflags & flags_vm) != 0;
    last.vector = frame.vector;
    last.error = frame.error;
    last.eip = frame.eip;
    last.cs = frame.cs & (without_stack ? 0xFFFC : 0xFFFF);
    last.eflags = frame.eflags;
    last.esp = changes_stack(frame) ? frame.esp : text_address(&frame.esp);
    last.ss = changes_stack(frame) ? frame.ss & 0xFFFF : 0;
    last.ds = (v86 ? frame.v86_ds : frame.ds) & 0xFFFF;
    last.es = (v86 ? frame.v86_es : frame.es) & 0xFFFF;
    last.eax = frame.eax;
    last.ebx = frame.ebx;
    last.ecx = frame.ecx;
    last.edx = frame.edx;
    last.dr6 = read_dr6();
    last.cr2 = read_cr2();
    last.tr = task_register();
}

void forget() {
    last = {};
    last.vector = no_event;
    write_cr2(0);
    write_dr6(dr6_initial);
}

} // namespace

void on_event(Frame* frame) {
    constexpr u32 debug = 1;
    if (frame->vector == debug && steps.count < steps.limit) {
        if (steps.count < sizeof steps.step / sizeof steps.step[0])
            steps.step[steps.count] = {frame->eip, read_dr6()};
        ++steps.count;
        write_dr6(dr6_initial);
        return;
    }
    note(*frame);
    resume();
}

void run(void (*body)(void*), void* argument) {
    forget();
    guarded(body, argument);
}

void run(const Entry& entry) {
    forget();
    enter(&entry);
}

void about(const char* text) { subject = text; }

void begin_line() { print("modes %s", subject); }

void line(const char* format, ...) {
    begin_line();
    __builtin_va_list arguments;
    __builtin_va_start(arguments, format);
    print_arguments(format, arguments);
    __builtin_va_end(arguments);
    print("\n");
}

// What is as it usually is isn't printed: most of the time goes into the serial line.
void print_event(const char* name, u32 base) {
    constexpr struct {
        const char* name;
        u32 Event::*value;
        u32 usual;
    } fields[] = {{"error", &Event::error, 0},       {"flags", &Event::eflags, flags_fixed},
                  {"ds", &Event::ds, data32},        {"es", &Event::es, data32},
                  {"eax", &Event::eax, 0},           {"ebx", &Event::ebx, 0},
                  {"ecx", &Event::ecx, 0},           {"edx", &Event::edx, 0},
                  {"dr6", &Event::dr6, dr6_initial}, {"cr2", &Event::cr2, 0},
                  {"tr", &Event::tr, main_tss}};
    if (last.vector == no_event) {
        line("%s: no event", name);
        return;
    }
    begin_line();
    print("%s: vector %x at %x:+%x stack %x:%x", name, last.vector, last.cs, last.eip - base, last.ss, last.esp);
    for (const auto& field : fields)
        if (last.*field.value != field.usual)
            print(" %s %x", field.name, last.*field.value);
    print("\n");
}

void probe(const char* name, Registers registers, void (*body)(void*)) {
    run(body, &registers);
    if (last.vector != no_event)
        print_event(name, text_address(reinterpret_cast<const void*>(body)));
    else
        line("%s: eax %x ebx %x ecx %x edx %x", name, registers.eax, registers.ebx, registers.ecx, registers.edx);
}

void trace_entry(const char* name, const Entry& entry, u32 base) {
    run(entry);
    print_event(name, base);
    if (steps.count != 0) {
        line("%s: %u steps", name, steps.count);
        for (u32 i = 0; i < steps.count && i < sizeof steps.step / sizeof steps.step[0]; ++i)
            line("%s: step at +%x dr6 %x", name, steps.step[i].eip - base, steps.step[i].dr6);
    }
    steps = {};
}

} // namespace nadir::modes
