// SPDX-License-Identifier: MIT OR GPL-2.0-only
// From a log record to its text, and the C interface of control/.
#include "arch/vmx/exit_reason.h"
#include "arch/vmx/instruction_error.h"
#include "base/format.h"
#include "control/messages.h"

namespace nadir::control {

namespace {

void write_named(base::Writer& writer, std::uint64_t number, std::string_view name) {
    writer.decimal(number);
    if (!name.empty()) {
        writer.text(" (").text(name).character(')');
    }
}

void write_argument(base::Writer& writer, char kind, std::uint64_t value) {
    switch (kind) {
    case 'd': writer.decimal(value); break;
    case 'x': writer.hex(value); break;
    case 'e':
        write_named(writer, value & 0xFFFF, name_of(arch::ExitReason(static_cast<std::uint32_t>(value)).basic()));
        break;
    case 'r': writer.text("number ").decimal(value); break;
    case 'i': write_named(writer, value, name_of(static_cast<arch::InstructionError>(value))); break;
    case 's': write_named(writer, value, step_text(static_cast<std::uint32_t>(value))); break;
    case 'S': write_named(writer, value, status_text(static_cast<std::uint32_t>(value))); break;
    default: writer.text("{?}"); break;
    }
}

// Eight letters; a zero ends them.
void write_letters(base::Writer& writer, std::uint64_t letters) {
    for (; (letters & 0xFF) != 0; letters >>= 8) {
        writer.character(static_cast<char>(letters & 0xFF));
    }
}

} // namespace

std::size_t format_record(const nadir_log_record& record, std::span<char> out) {
    const std::string_view pattern = text_of(record.message).pattern;
    base::Writer writer(out);
    unsigned next = 0;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (pattern[i] == '{' && i + 2 < pattern.size() && pattern[i + 2] == '}') {
            if (pattern[i + 1] == 't' && next + 1 < message_arguments) {
                write_letters(writer, record.argument[next]);
                write_letters(writer, record.argument[next + 1]);
                next += 2;
            } else {
                write_argument(writer, next < message_arguments ? pattern[i + 1] : '?',
                               record.argument[next < message_arguments ? next : 0]);
                ++next;
            }
            i += 2;
        } else {
            writer.character(pattern[i]);
        }
    }
    return writer.length();
}

} // namespace nadir::control

// core/nadir.h declares these for hosts; control/ lies below core/, so the declarations are repeated here.
extern "C" {

[[gnu::sysv_abi]] const char* nadir_status_text(nadir_u32 status);
[[gnu::sysv_abi]] const char* nadir_step_text(nadir_u32 step);

const char* nadir_status_text(nadir_u32 status) { return nadir::control::status_text(status).data(); }

const char* nadir_step_text(nadir_u32 step) { return nadir::control::step_text(step).data(); }
}
