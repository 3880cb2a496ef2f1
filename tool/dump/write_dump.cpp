// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/dump/write_dump.h"

#include "arch/msr/index.h"
#include "arch/vmx/fields.h"
#include "tool/capability_json.h"
#include "tool/dump/field_list.h"
#include "tool/dump/field_words.h"
#include "tool/exit_status.h"
#include "tool/print_to.h"

#include <algorithm>
#include <fmt/format.h>

namespace nadir::tool {

namespace {

constexpr std::size_t value_column = 44;

void write_line(std::ostream& out, const std::string& line, std::string_view comment) {
    if (comment.empty()) {
        print_to(out, "{}\n", line);
    } else {
        print_to(out, "{:<{}} # {}\n", line, value_column, comment);
    }
}

void write_capabilities(std::ostream& out, const arch::Capabilities& caps) {
    print_to(
        out,
        "\n# The processor's capabilities: CPUID leaves as EAX EBX ECX EDX, and the MSRs that say what VMX offers\n");
    arch::Capabilities copy = caps;
    for (const std::string_view name : capability_leaf_names()) {
        const arch::CpuidRegisters& leaf = *capability_leaf(copy, name);
        print_to(out, "cpuid {} = {:#x} {:#x} {:#x} {:#x}\n", name, leaf.eax, leaf.ebx, leaf.ecx, leaf.edx);
    }
    for (std::uint32_t slot = 0; slot < arch::capability_msr::slots; ++slot) {
        const std::uint32_t index = arch::capability_msr::index_of(slot);
        if (caps.msr_known(index)) {
            print_to(out, "msr {:#x} = {:#x}\n", index, caps.msr(index));
        }
    }
    if (caps.has_control_registers != 0) {
        print_to(out, "register cr0 = {:#x}\nregister cr4 = {:#x}\n", caps.cr0, caps.cr4);
    }
}

std::string_view source_name(nadir_u32 source) {
    switch (source) {
    case NADIR_VMCS_LIVE: return "live";
    case NADIR_VMCS_FAILED_ENTRY: return "failed entry";
    case NADIR_VMCS_DEAD: return "dead";
    default: return "unknown";
    }
}

} // namespace

void write_dump(std::ostream& out, const Dump& dump) {
    print_to(out, "{}{}\n", nadir_dump_heading, nadir_dump_version);
    if (dump.processor) {
        print_to(out, "processor {}\n", *dump.processor);
    }
    if (!dump.source.empty()) {
        print_to(out, "source {}\n", dump.source);
    }
    if (dump.recorded.exit_reason) {
        const arch::ExitReason reason{*dump.recorded.exit_reason};
        write_line(out, fmt::format("exit reason {:#x}", reason.value), arch::exit_reason_name(reason.basic()));
    }
    if (dump.recorded.instruction_error) {
        const auto error = static_cast<arch::InstructionError>(*dump.recorded.instruction_error);
        write_line(out, fmt::format("instruction error {}", *dump.recorded.instruction_error), name_of(error));
    }
    std::string group;
    for (const arch::VmcsFieldInfo& field : arch::vmcs_fields) {
        std::uint64_t value = 0;
        if (!dump.vmcs.get(field.encoding.value, value)) {
            continue;
        }
        const std::string its_group = fmt::format("{} {} fields", name_of(field.width()), name_of(field.group()));
        if (its_group != group) {
            group = its_group;
            print_to(out, "\n# {}\n", group);
        }
        write_line(out, fmt::format("{} = {:#x}", field.name, value), value_words(field, value));
    }
    if (dump.capabilities) {
        write_capabilities(out, *dump.capabilities);
    }
}

Dump dump_of(const nadir_vmcs& vmcs, const arch::Capabilities& capabilities) {
    Dump dump;
    dump.format = DumpFormat::nadir;
    dump.processor = vmcs.processor;
    dump.source = source_name(vmcs.source);
    const std::size_t count = std::min<std::size_t>(vmcs.count, NADIR_VMCS_FIELDS);
    for (std::size_t i = 0; i < count; ++i) {
        const nadir_vmcs_field& field = vmcs.fields[i];
        // A newer module may know a field that this program doesn't.
        if (arch::find_vmcs_field(field.encoding) != nullptr) {
            dump.read_field(0, {}, field.encoding, field.value);
        }
    }
    if (vmcs.source == NADIR_VMCS_FAILED_ENTRY) {
        std::uint64_t error = 0;
        if (vmcs.exit_reason != 0) {
            dump.recorded.exit_reason = vmcs.exit_reason;
        } else if (dump.vmcs.get(arch::vmcs::instruction_error.encoding, error) && error != 0) {
            dump.recorded.instruction_error = static_cast<std::uint32_t>(error);
        }
    }
    if (capabilities.valid()) {
        dump.capabilities = capabilities;
    }
    return dump;
}

} // namespace nadir::tool
