// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The log messages. A record holds a number and up to six arguments, so that root mode neither formats nor copies text;
// whoever reads the log makes the words with the table below.
//
// To add a message, add a line at the end of the table: a name, its level, its text. {d} is the next argument in decimal,
// {x} in hexadecimal, {e} a basic exit reason, {i} a VM-instruction error, {s} a step of the start and {S} a status, each
// of the last four as "number (name)"; {t} is a text of up to 16 letters, which takes two arguments; {r}, which ends a text, is a rule of VM entry with what it found. Numbers go into
// files and between versions: never renumber.
#pragma once

#include "base/format.h"
#include "control/control.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#define NADIR_MESSAGES(MESSAGE)                                                                                        \
    MESSAGE(none, debug, "no message")                                                                                 \
    MESSAGE(log_started, debug, "the log of this processor starts: {d} records")                                       \
    /* Start and stop. */                                                                                              \
    MESSAGE(start_requested, info, "start requested: {d} processors, log level {d}")                                   \
    MESSAGE(probe_ok, info, "the processor is fit: {d} physical-address bits, VMCS revision {x}, {d} bytes")           \
    MESSAGE(started, info, "active on {d} processors, {d} KiB of memory in use")                                       \
    MESSAGE(start_failed, error, "start failed at step {s}: {S} (details {x}, {x})")                                   \
    MESSAGE(processor_entered, info, "in VMX non-root operation after {d} ticks")                                      \
    MESSAGE(processor_left, info, "left VMX operation after {d} ticks")                                                \
    MESSAGE(stop_requested, info, "stop requested")                                                                    \
    MESSAGE(stopped, info, "stopped: {d} processors handed back, {d} VM exits altogether")                             \
    MESSAGE(entry_failed, error, "VM entry failed: exit reason {e}, qualification {x}")                                \
    MESSAGE(vm_instruction_failed, error,                                                                              \
            "the VMX instruction {d} (0 VMXON, 1 VMXOFF, 2 VMCLEAR, 3 VMPTRLD, 4 VMREAD, 5 VMWRITE, 6 VMLAUNCH, "      \
            "7 VMRESUME, 8 INVEPT, 9 INVVPID) failed with error {i}, operand {x}")                                     \
    /* The exit loop. */                                                                                               \
    MESSAGE(unexpected_exit, error,                                                                                    \
            "unexpected VM exit: reason {e}, qualification {x}, RIP {x}, linear address {x}, physical address {x}, "   \
            "interruption information {x}")                                                                            \
    MESSAGE(guest_state, error, "guest: RSP {x}, RFLAGS {x}, CR0 {x}, CR3 {x}, CR4 {x}, EFER {x}")                     \
    MESSAGE(guest_instruction, error,                                                                                  \
            "guest: CS {x}, activity state {d}, interruptibility {x}, instruction length {d}")                         \
    MESSAGE(nmi_in_root, debug, "an NMI arrived in root mode, RIP {x}")                                                \
    MESSAGE(event_reinjected, debug, "event injected again: interruption information {x}, error code {x}")             \
    MESSAGE(fault_in_root, error, "fault in root mode: vector {d}, error code {x}, RIP image+{x}, CR2 {x}, RSP {x}")   \
    MESSAGE(processor_dead, error, "this processor is stopped for good")                                               \
    MESSAGE(triple_fault, error, "the guest ended in a triple fault: RIP {x}, CR2 {x}, CR3 {x}")                       \
    MESSAGE(init_received, info, "INIT received: waiting for a start-up IPI")                                          \
    MESSAGE(sipi_received, info, "start-up IPI received: vector {x}")                                                  \
    /* What the guest asked for. */                                                                                    \
    MESSAGE(msr_read_refused, debug, "RDMSR of {x} ends in #GP, RIP {x}")                                              \
    MESSAGE(msr_write_refused, debug, "WRMSR of {x} with {x} ends in #GP, RIP {x}")                                    \
    MESSAGE(mtrr_changed, info, "MTRR {x} changed to {x}: memory types made anew")                                     \
    MESSAGE(ept_mapped, debug, "EPT: mapped {x} on demand, {d} KiB of tables in use")                                  \
    MESSAGE(ept_violation, error,                                                                                      \
            "EPT violation: qualification {x}, physical address {x}, linear address {x}, RIP {x}")                     \
    MESSAGE(vmx_instruction_refused, info, "the guest tried a VMX instruction (exit reason {e}): #UD, RIP {x}")        \
    MESSAGE(xsetbv_refused, info, "XSETBV of register {x} with {x} ends in #GP, RIP {x}")                              \
    MESSAGE(hypercall_refused, warning, "hypercall {x} refused: {S}, RIP {x}")                                         \
    MESSAGE(microcode_update_ignored, warning,                                                                         \
            "the guest's microcode update (address {x}) is not carried out, RIP {x}")                                  \
    MESSAGE(guest_set_vmxe, info,                                                                                      \
            "the guest sets CR4.VMXE for the first time, RIP {x}: it sees its value, VMX operation goes on")           \
    MESSAGE(guest_tried_vmxon, warning, "the guest tried VMXON: #GP, as if firmware had locked VMX off; RIP {x}")      \
    MESSAGE(machine_check_in_root, warning, "a machine check arrived in root mode, RIP {x}: handed to the guest")      \
    MESSAGE(ept_pool_empty, warning,                                                                                   \
            "no page left of {d} for EPT tables: what needs finer memory types is uncacheable")                        \
    /* VM entries that fail. */                                                                                        \
    MESSAGE(entry_rule_broken, error, "this VM entry breaks a rule: {r}")                                              \
    MESSAGE(entry_rules_kept, error, "this VM entry breaks none of the rules known; {d} could not be judged")          \
    MESSAGE(entry_rules_dropped, error, "and {d} more rules: `nadir dump --failed` and `nadir explain` name all")      \
    /* Root mode in trouble. */                                                                                        \
    MESSAGE(root_registers_1, error, "root mode: RAX {x}, RBX {x}, RCX {x}, RDX {x}, RSI {x}, RDI {x}")                \
    MESSAGE(root_registers_2, error, "root mode: RBP {x}, R8 {x}, R9 {x}, R10 {x}, R11 {x}, R12 {x}")                  \
    MESSAGE(root_registers_3, error, "root mode: R13 {x}, R14 {x}, R15 {x}, RFLAGS {x}, CR3 {x}")                      \
    MESSAGE(root_caller, error, "root mode: called from image+{x} (found on the stack at {x})")                        \
    MESSAGE(recorded_exit, error, "VM exit {d}: reason {e}, RIP {x}, qualification {x}, detail {x}, {d} ticks before") \
    MESSAGE(fault_in_report, error,                                                                                    \
            "another fault, in the midst of this report: vector {d}, error code {x}, RIP image+{x}, CR2 {x}")          \
    MESSAGE(processor_overdue, error,                                                                                  \
            "the watchdog: processor {d} has not come back from VM exit {d}, begun {d} ticks ago; its last exits:")    \
    MESSAGE(processor_hangs, error,                                                                                    \
            "root mode hangs in VM exit {d}: the watchdog's NMI found it at RIP image+{x}, RSP {x}")                   \
    MESSAGE(processor_deaf, error, "the watchdog: processor {d} takes no NMI either; only a reset brings it back")     \
    MESSAGE(processor_came_back, warning, "the watchdog: processor {d} has come back; its VM exit took very long")     \
    MESSAGE(ept_lock_taken_over, warning,                                                                              \
            "the lock of the EPT tables is taken over from processor {d}, which was stopped while it held it")         \
    /* Extensions. */                                                                                                  \
    MESSAGE(extension_note, info, "extension {t}: {t}: {x}, {x}")                                                      \
    MESSAGE(extension_at_work, error, "root mode was in a callback of the extension {t}")

namespace nadir::control {

enum class Message : std::uint8_t {
#define NADIR_MESSAGE_ENUMERATOR(name, level, text) name,
    NADIR_MESSAGES(NADIR_MESSAGE_ENUMERATOR)
#undef NADIR_MESSAGE_ENUMERATOR
        count
};

// What a text may use is what a record holds.
inline constexpr unsigned message_arguments = 6;

struct MessageText {
    std::string_view name;
    nadir_level level;
    std::string_view pattern;
};

// The level that a message has unless its sender gives another.
nadir_level level_of(Message message);

// Text and level of a message by its number in a record; a number of another version gets a pattern that shows all six.
const MessageText& text_of(std::uint8_t message);

std::string_view name_of(nadir_level level);
std::string_view status_text(std::uint32_t status);
std::string_view step_text(std::uint32_t step);

// Writes the record's text (without time, processor and level), NUL-terminated and cut to `out`; returns its length. A rule
// of VM entry is shown by its number.
std::size_t format_record(const nadir_log_record& record, std::span<char> out);

// The same with words for {r}, which come from above control/: `rule_words(numbers, out)` makes them of the record's six
// arguments, NUL-terminated, and returns their length. A template, so that no call goes through a pointer.
template <auto rule_words>
std::size_t format_record_with(const nadir_log_record& record, std::span<char> out) {
    const std::string_view pattern = text_of(record.message).pattern;
    if (!pattern.ends_with("{r}")) {
        return format_record(record, out);
    }
    base::Writer writer(out);
    writer.text(pattern.substr(0, pattern.size() - 3));
    std::uint64_t numbers[message_arguments];
    for (unsigned number = 0; number < message_arguments; ++number) {
        numbers[number] = record.argument[number];
    }
    return writer.length() + rule_words(numbers, out.subspan(writer.length()));
}

// Enough for any record.
inline constexpr std::size_t longest_record = 900;

} // namespace nadir::control
