// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tests/guest/conformance/fuzz/run.h"

#include "hosts/bare/machine/descriptors.h"
#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/machine/processor.h"
#include "tests/guest/conformance/fuzz/events.h"
#include "tests/guest/conformance/fuzz/machine_state.h"
#include "tests/guest/conformance/fuzz/window.h"

namespace nadir::conformance::fuzz {

namespace {

// As entry.S pops it.
struct Start {
    u64 rip, cs, rflags, rsp, ss;
    u64 registers[16];
};
extern "C" void fuzz_enter(const Start* start);

constexpr u16 code_selectors[mode_count] = {selector_code, selector_user_code, selector_code32, selector_user_code32};

MachineState machine;

constexpr const char* register_names[16] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                            "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};

u64 first_byte(const Sequence& s) { return (s.wraps ? wrap_address : code_address) + s.offset; }

u32 put_instructions(const Sequence& s) {
    u32 length = 0;
    for (u32 i = 0; i < s.count; ++i) {
        put_code(s.offset + length, s.instructions[i].bytes, s.instructions[i].length);
        length += s.instructions[i].length;
    }
    return length;
}

void note_events(const EventLog& log, const Sequence& s, Findings& findings) {
    findings.note("events", log.count);
    findings.note("guarded accesses of the kernel", log.guarded);
    for (u32 i = 0; i < log.count && i < maximum_events; ++i) {
        const Event& event = log.events[i];
        findings.note("event vector", event.vector);
        findings.note("  error code", event.error_code);
        findings.note("  offset", event.rip - first_byte(s));
        findings.note("  cs", event.cs);
        findings.note("  rflags", event.rflags);
        findings.note("  rsp", event.rsp);
        findings.note("  ss", event.ss);
        findings.note("  dr6", event.dr6);
    }
}

void note_registers(const EventLog& log, const Sequence& s, Findings& findings) {
    for (u32 i = 0; i < 16; ++i) {
        const bool timed = s.timed && (i == Register::rax || i == Register::rcx || i == Register::rdx);
        if (!timed)
            findings.note(register_names[i], log.registers[i]);
    }
}

void note_memory(const char* what, u64 address, u32 words, Findings& findings) {
    const auto* memory = reinterpret_cast<const u64*>(address);
    for (u32 i = 0; i < words; ++i)
        findings.note(what, memory[i], memory[i] != 0);
}

} // namespace

const char* prepare_processor() {
    prepare_event_stacks();
    write_cr3(read_cr3()); // the window's tables may be newer than what this processor remembers
    return machine.capture();
}

u64 run_sequence(const Sequence& s, bool verbose) {
    Findings findings(verbose);
    clear_data();
    set_wrapping(s.wraps);
    const u32 length = put_instructions(s);
    Start start{first_byte(s),
                code_selectors[static_cast<u32>(s.mode)],
                s.flags,
                s.registers[Register::rsp],
                static_cast<u64>(is_user(s.mode) ? selector_user_data : selector_data),
                {}};
    for (u32 i = 0; i < 16; ++i)
        start.registers[i] = s.registers[i];
    EventLog log{};
    log.code_start = first_byte(s);
    log.code_length = length;

    machine.prepare(s);
    begin_events(log);
    fuzz_enter(&start);
    machine.settle(s, findings);
    end_events();
    machine.finish(s, findings);

    note_events(log, s, findings);
    note_registers(log, s, findings);
    note_memory("data", data_address, 80, findings);
    note_memory("data near the end", data_end - 64, 8, findings);
    note_memory("stack", stack_top - 256, 40, findings);
    remove_code(s.offset, length);
    return findings.digest();
}

} // namespace nadir::conformance::fuzz
