// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/memory/print_walk.h"

#include "arch/vmx/ept.h"
#include "tool/print_to.h"

#include <fmt/format.h>
#include <span>

namespace nadir::tool {

namespace {

std::string size_words(std::uint64_t bytes) {
    switch (bytes) {
    case arch::page_size_1g: return "1-GiB page";
    case arch::page_size_2m: return "2-MiB page";
    default: return "4-KiB page";
    }
}

// The names of the flags that are 1, and of other fields with their values. `large` of a table is 0, of a leaf it says so.
std::string fields_of(std::span<const arch::Field> fields, std::uint64_t entry) {
    std::string text;
    for (const arch::Field& field : fields) {
        const std::uint64_t value = field.of(entry);
        if (field.kind == arch::FieldKind::address || value == 0) {
            continue;
        }
        text += " " + std::string(field.name);
        if (field.value_name != nullptr) {
            text += fmt::format("={}", field.value_name(value));
        } else if (field.kind != arch::FieldKind::flag) {
            text += fmt::format("={}", value);
        }
    }
    return text;
}

std::span<const arch::Field> page_fields(const WalkStep& step) {
    if (!step.leaf) {
        return arch::PageTableEntry::fields;
    }
    return step.level == 1 ? std::span<const arch::Field>(arch::Page4k::fields)
                           : std::span<const arch::Field>(arch::PageLarge::fields);
}

std::span<const arch::Field> ept_fields(const WalkStep& step) {
    return step.leaf ? std::span<const arch::Field>(arch::EptLeaf::fields)
                     : std::span<const arch::Field>(arch::EptTableEntry::fields);
}

// Where an entry leads. An entry that isn't present has nothing to say but its value.
std::string target_of_step(const WalkStep& step) {
    const std::uint64_t address = step.entry & arch::PageTableEntry::address_mask;
    if (!step.leaf) {
        return fmt::format("table {:#x}", address);
    }
    const std::uint64_t size = arch::page_level_size(step.level);
    return fmt::format("{} {:#x}", size_words(size), address & ~(size - 1));
}

void print_step(std::ostream& out, const WalkStep& step, std::string_view prefix, bool present,
                std::span<const arch::Field> fields) {
    print_to(out, "  {:<9}  at {:#014x}  {:#018x}", fmt::format("{}{}", prefix, entry_name(step.level)), step.place,
             step.entry);
    if (present) {
        print_to(out, "  {}:{}", target_of_step(step), fields_of(fields, step.entry));
    }
    print_to(out, "\n");
}

nlohmann::ordered_json step_json(const WalkStep& step, std::string_view prefix, std::span<const arch::Field> fields) {
    nlohmann::ordered_json json{{"level", step.level},
                                {"name", fmt::format("{}{}", prefix, entry_name(step.level))},
                                {"place", fmt::format("{:#x}", step.place)},
                                {"entry", fmt::format("{:#x}", step.entry)},
                                {"leaf", step.leaf}};
    nlohmann::ordered_json& decoded = json["fields"] = nlohmann::ordered_json::object();
    for (const arch::Field& field : fields) {
        const bool address = field.kind == arch::FieldKind::address;
        const std::uint64_t value = address ? step.entry & field.mask() : field.of(step.entry);
        if (address) {
            decoded[std::string(field.name)] = fmt::format("{:#x}", value);
        } else {
            decoded[std::string(field.name)] = value;
        }
    }
    return json;
}

std::string page_rights(const PageWalk& walk) {
    return fmt::format("{}{}{}", walk.writable ? "read, write" : "read only", walk.executable ? ", execute" : "",
                       walk.user ? ", by programs, too" : ", by the kernel alone");
}

constexpr const char* ours =
    "  Nadir's own memory lies at this address. The system finds one empty page in place of all of it.";

} // namespace

void print_page_walk(std::ostream& out, const nadir_address_space& space, std::uint64_t linear, const PageWalk& walk) {
    print_to(out, "Page walk of linear address {:#x}: CR3 {:#x} of process {} ({}), {}-level paging\n", linear,
             space.cr3, space.process, space.name, walk.levels);
    for (const WalkStep& step : walk.steps) {
        print_step(out, step, "", arch::PageTableEntry{step.entry}.present(), page_fields(step));
    }
    if (walk.mapped()) {
        print_to(out, "  -> guest-physical address {:#x} in a {}: {}\n", walk.physical, size_words(walk.page_size),
                 page_rights(walk));
    } else {
        print_to(out, "  -> not mapped: {}.\n", walk.problem);
    }
}

void print_ept_walk(std::ostream& out, const nadir_ept_walk& raw, std::uint64_t address, const EptWalkWords& walk) {
    const arch::Eptp eptp{raw.eptp};
    print_to(out, "EPT walk of guest-physical address {:#x}: EPTP {:#x} of processor {}, {} levels, {}\n", address,
             raw.eptp, raw.processor, eptp.walk_length(), name_of_ept_tables(raw.tables));
    for (const WalkStep& step : walk.steps) {
        print_step(out, step, "EPT ", arch::EptEntry{step.entry}.present(), ept_fields(step));
    }
    if (walk.mapped()) {
        print_to(out, "  -> host-physical address {:#x} in a {}: {}, {}\n", walk.physical, size_words(walk.page_size),
                 rights_of(walk), arch::name_of(walk.type));
    } else {
        print_to(out, "  -> not mapped: {}.\n", walk.problem);
    }
    if ((raw.flags & NADIR_EPT_IS_OURS) != 0) {
        print_to(out, "{}\n", ours);
    }
}

nlohmann::ordered_json to_json(const nadir_address_space& space, const PageWalk& walk) {
    nlohmann::ordered_json json{{"cr3", fmt::format("{:#x}", space.cr3)},
                                {"process", space.process},
                                {"name", space.name},
                                {"levels", walk.levels},
                                {"mapped", walk.mapped()},
                                {"entries", nlohmann::ordered_json::array()}};
    for (const WalkStep& step : walk.steps) {
        json["entries"].push_back(step_json(step, "", page_fields(step)));
    }
    if (!walk.mapped()) {
        json["problem"] = walk.problem;
        return json;
    }
    json["physical"] = fmt::format("{:#x}", walk.physical);
    json["page_size"] = walk.page_size;
    json["writable"] = walk.writable;
    json["executable"] = walk.executable;
    json["user"] = walk.user;
    return json;
}

nlohmann::ordered_json to_json(const nadir_ept_walk& raw, const EptWalkWords& walk) {
    nlohmann::ordered_json json{{"eptp", fmt::format("{:#x}", raw.eptp)},
                                {"processor", raw.processor},
                                {"tables", name_of_ept_tables(raw.tables)},
                                {"ours", (raw.flags & NADIR_EPT_IS_OURS) != 0},
                                {"mapped", walk.mapped()},
                                {"entries", nlohmann::ordered_json::array()}};
    for (const WalkStep& step : walk.steps) {
        json["entries"].push_back(step_json(step, "EPT ", ept_fields(step)));
    }
    if (!walk.mapped()) {
        json["problem"] = walk.problem;
        return json;
    }
    json["physical"] = fmt::format("{:#x}", walk.physical);
    json["page_size"] = walk.page_size;
    json["read"] = walk.read;
    json["write"] = walk.write;
    json["execute"] = walk.execute;
    json["memory_type"] = arch::name_of(walk.type);
    return json;
}

} // namespace nadir::tool
