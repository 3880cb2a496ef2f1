// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// Prints every definition of arch/ as JSON, for tests that compare them with sources that we did not write. Not part of
// the unit-test program (its name ends in .cxx): the tests build it.
#include "arch/registry.h"

#include <cstdio>
#include <string>

namespace {

using namespace nadir::arch;

std::string text(std::string_view words) { return "\"" + std::string(words) + "\""; }

void print_fields(std::span<const Field> fields) {
    std::printf("{");
    const char* separator = "";
    for (const Field& field : fields) {
        std::printf("%s%s:[%u,%u]", separator, text(field.name).c_str(), field.high, field.low);
        separator = ",";
    }
    std::printf("}");
}

template <typename Controls>
void print_default1(const char* name, const char* separator) {
    std::printf("\"%s\":%llu%s", name, static_cast<unsigned long long>(Controls::default1_mask), separator);
}

} // namespace

int main() {
    std::printf("{\"definitions\":[");
    const char* separator = "\n";
    for (const Definition& definition : registry) {
        std::printf("%s{\"name\":%s,\"kind\":%s,\"number\":%u,\"sub_leaf\":%u,\"output\":%u,\"bits\":%u,\"fields\":",
                    separator, text(definition.name).c_str(), text(name_of(definition.kind)).c_str(), definition.number,
                    definition.sub_leaf, static_cast<unsigned>(definition.output), definition.bits);
        print_fields(definition.fields);
        std::printf("}");
        separator = ",\n";
    }
    std::printf("],\n\"exit_reasons\":{");
    separator = "";
    for (const ExitReasonName& entry : exit_reason_names) {
        std::printf("%s%s:%u", separator, text(entry.name).c_str(), static_cast<unsigned>(entry.reason));
        separator = ",";
    }
    std::printf("},\n\"instruction_errors\":{");
    separator = "";
    for (std::uint32_t number = 1; number < 64; ++number) {
        if (!name_of(InstructionError{number}).starts_with("unknown")) {
            std::printf("%s\"%u\":%s", separator, number, text(name_of(InstructionError{number})).c_str());
            separator = ",";
        }
    }
    std::printf("},\n\"vectors\":{");
    separator = "";
    for (unsigned number = 0; number < 32; ++number) {
        const std::string_view name = name_of(static_cast<Vector>(number));
        if (!name.empty()) {
            std::printf("%s\"%u\":%s", separator, number, text(name).c_str());
            separator = ",";
        }
    }
    std::printf("},\n\"default1\":{");
    print_default1<PinControls>("pin_controls", ",");
    print_default1<PrimaryControls>("primary_controls", ",");
    print_default1<ExitControls>("exit_controls", ",");
    print_default1<EntryControls>("entry_controls", "");
    std::printf("}}\n");
}
