// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/definitions/notes.h"

#include <fmt/format.h>

namespace nadir::tool {

namespace {

// Definitions that use one type have its table of fields.
template <typename R>
bool is(const arch::Definition& definition) {
    return definition.fields.data() == R::fields.data();
}

std::string segment_type(std::uint8_t type, bool code_or_data) {
    if (!code_or_data) {
        constexpr std::string_view system[] = {
            "reserved",
            "16-bit TSS, available",
            "LDT",
            "16-bit TSS, busy",
            "16-bit call gate",
            "task gate",
            "16-bit interrupt gate",
            "16-bit trap gate",
            "reserved",
            "TSS, available",
            "reserved",
            "TSS, busy",
            "call gate",
            "reserved",
            "interrupt gate",
            "trap gate",
        };
        return fmt::format("system: {}", system[type & 15]);
    }
    namespace bit = arch::segment_type;
    const bool code = (type & bit::code) != 0;
    std::string text = code ? "code, execute" : "data, read";
    const std::string_view readable_or_writable = code ? "/read" : "/write";
    text += (type & bit::readable) != 0 ? readable_or_writable : "-only";
    if (code && (type & bit::conforming) != 0) {
        text += ", conforming";
    } else if (!code && (type & bit::expand_down) != 0) {
        text += ", expand-down";
    }
    return text + ((type & bit::accessed) != 0 ? ", accessed" : ", not accessed");
}

std::string general_register(std::uint64_t number) {
    constexpr std::string_view names[] = {"RAX", "RCX", "RDX", "RBX", "RSP", "RBP", "RSI", "RDI",
                                          "R8",  "R9",  "R10", "R11", "R12", "R13", "R14", "R15"};
    return std::string(names[number & 15]);
}

std::string vector_words(arch::InterruptionInformation event) {
    const auto type = event.type();
    const bool exception = type == arch::InterruptionType::hardware_exception ||
                           type == arch::InterruptionType::software_exception ||
                           type == arch::InterruptionType::privileged_software_exception;
    const std::string_view name = name_of(static_cast<arch::Vector>(event.vector()));
    if (!exception || name.empty()) {
        return {};
    }
    return fmt::format("vector {} is {}", event.vector(), name);
}

constexpr std::string_view by_reason = "what it says depends on the exit reason: give the reason's name or number, for "
                                       "example {}";

void add_about_segments(std::vector<std::string>& notes, const arch::Definition& definition, std::uint64_t raw) {
    if (is<arch::AccessRights>(definition)) {
        const arch::AccessRights rights{static_cast<std::uint32_t>(raw)};
        notes.push_back(rights.unusable()
                            ? "unusable: the other bits mean nothing"
                            : "type " + std::to_string(rights.type()) + ": " + segment_type(rights.type(), rights.s()));
    } else if (is<arch::SegmentDescriptor>(definition)) {
        const arch::SegmentDescriptor descriptor{raw};
        notes.push_back(fmt::format("type {}: {}", descriptor.type(), segment_type(descriptor.type(), descriptor.s())));
        notes.push_back(fmt::format("base 0x{:x}, limit 0x{:x} bytes - 1{}", descriptor.base(), descriptor.limit(),
                                    descriptor.s() ? "" : "; bits 63:32 of the base follow in IA-32e mode"));
    } else if (is<arch::Selector>(definition) && arch::Selector{static_cast<std::uint16_t>(raw)}.null()) {
        notes.emplace_back("a null selector");
    }
}

void add_about_exits(std::vector<std::string>& notes, const arch::Definition& definition, std::uint64_t raw) {
    if (is<arch::InterruptionInformation>(definition)) {
        const arch::InterruptionInformation event{static_cast<std::uint32_t>(raw)};
        if (!event.valid()) {
            notes.emplace_back("not valid: there is no event");
        } else if (std::string words = vector_words(event); !words.empty()) {
            notes.push_back(std::move(words));
        }
    } else if (is<arch::IoQualification>(definition)) {
        const arch::IoQualification io{raw};
        notes.push_back(fmt::format("{} {} byte{} at port 0x{:x}", io.in() ? "reads" : "writes", io.size(),
                                    io.size() == 1 ? "" : "s", io.port()));
    } else if (definition.name == "exit_qualification") {
        notes.push_back(
            fmt::format(fmt::runtime(by_reason), "exit_qualification.ept_violation, or exit-qualification:48"));
    } else if (definition.name == "exit_instruction_information") {
        notes.push_back(fmt::format(fmt::runtime(by_reason), "instruction_information.vmread"));
    } else if (definition.name.ends_with("_error_code") && definition.fields.empty()) {
        notes.emplace_back("what it says depends on the exception: page_fault_error_code, selector_error_code");
    }
}

} // namespace

std::string words_of(const arch::Definition& definition, const arch::Field& field, std::uint64_t value) {
    const bool operand = field.name == "general_register" || field.name == "register1" || field.name == "register2" ||
                         field.name == "index_register" || field.name == "base_register" || field.name == "operand";
    if (!operand) {
        return {};
    }
    return is<arch::LoadiwkeyInformation>(definition) ? fmt::format("XMM{}", value) : general_register(value);
}

std::vector<std::string> notes_on(const arch::Definition& definition, std::uint64_t raw) {
    std::vector<std::string> notes;
    add_about_segments(notes, definition, raw);
    add_about_exits(notes, definition, raw);
    if (is<arch::cpuid::Leaf1Eax>(definition)) {
        const arch::cpuid::Leaf1Eax version{static_cast<std::uint32_t>(raw)};
        notes.push_back(fmt::format("family {}, model 0x{:x}, stepping {}", version.display_family(),
                                    version.display_model(), version.stepping()));
    }
    return notes;
}

} // namespace nadir::tool
