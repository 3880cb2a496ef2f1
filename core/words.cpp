// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Words for hosts, which are in C, and lines for their logs.
#include "base/format.h"
#include "check/entry/rule_record.h"
#include "control/messages.h"
#include "core/log.h"
#include "core/nadir.h"

namespace nadir::core {

void print_record(const nadir_log_record& record) {
    char text[control::longest_record];
    base::Writer line{text};
    if (record.processor != static_cast<nadir_u16>(NADIR_ANY_PROCESSOR)) {
        line.text("processor ").decimal(record.processor).text(": ");
    }
    control::format_record_with<check::describe_record>(record, std::span{text}.subspan(line.length()));
    nadir_host_print(record.level, text);
}

} // namespace nadir::core

extern "C" {

NADIR_ABI nadir_u64 nadir_format_log_record(const nadir_log_record* record, char* text, nadir_u64 size) {
    return nadir::control::format_record_with<nadir::check::describe_record>(*record,
                                                                             {text, static_cast<std::size_t>(size)});
}
}
