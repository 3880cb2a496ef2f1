// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A VMCS as somebody wrote it down, whoever it was. What a dump doesn't have stays unknown; nothing is made up.
#pragma once

#include "arch/capabilities.h"
#include "check/entry/vmcs_view.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nadir::tool {

enum class DumpFormat : std::uint8_t {
    nadir, // our own, tool/dump/write_dump.h
    json,  // the same as JSON
    kvm,   // what Linux KVM writes to the kernel's log
    xen,   // what Xen writes to its console
    list,  // field = value, one per line
};

// "kvm": the word for --format and for JSON.
std::string_view name_of(DumpFormat format);
// "a VMCS dump of Linux KVM"
std::string_view words_of(DumpFormat format);
std::optional<DumpFormat> dump_format_of(std::string_view name);

// A line that can't be what it has to be.
struct DumpProblem {
    unsigned line = 0;
    std::string text;
    std::string expected; // "a hexadecimal number is expected behind CR3"
};

// What the dump says about how the VM entry ended. Only what it says: a dump may have been made at any time.
struct RecordedOutcome {
    std::optional<std::uint32_t> exit_reason; // with its entry-failure bit
    std::optional<std::uint64_t> qualification;
    std::optional<std::uint32_t> instruction_error; // of the VM entry
    std::string where;                              // "line 7: ..."

    // Did a VM entry fail, according to it?
    [[nodiscard]] bool failed() const { return instruction_error || (exit_reason && (*exit_reason >> 31) != 0); }
};

// A value that the producer implies and doesn't print.
struct DerivedField {
    std::uint32_t encoding = 0;
    std::string because;
};

struct Dump {
    DumpFormat format = DumpFormat::list;
    std::string file;
    unsigned first_line = 0;
    check::VmcsImage vmcs;
    unsigned fields = 0; // known ones, without the derived

    std::optional<unsigned> processor;
    std::string source; // "live", "failed entry", "dead"; empty: not said
    RecordedOutcome recorded;
    std::optional<arch::Capabilities> capabilities;

    std::vector<DumpProblem> problems;
    std::vector<DerivedField> derived;
    std::vector<std::string> notes;
    std::string truncated; // where it was cut off; empty: it is whole, as far as one can tell

    // Sets a field that was read on this line; complains where that can't be.
    void read_field(unsigned line, std::string_view text, std::uint32_t encoding, std::uint64_t value);
    void derive(std::uint32_t encoding, std::uint64_t value, std::string because);
    void complain(unsigned line, std::string_view text, std::string expected);
};

} // namespace nadir::tool
