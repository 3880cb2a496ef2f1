// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/capability_json.h"

#include "arch/msr/index.h"
#include "tool/exit_status.h"
#include "tool/json.h"

#include <charconv>
#include <fmt/format.h>

namespace nadir::tool {

namespace {

using arch::Capabilities;
using arch::CpuidRegisters;
using Json = nlohmann::ordered_json;
namespace msr = arch::capability_msr;

struct Leaf {
    const char* name; // leaf.sub-leaf
    CpuidRegisters Capabilities::*member;
};

constexpr Leaf leaves[] = {
    {"0x0", &Capabilities::leaf_0},
    {"0x1", &Capabilities::leaf_1},
    {"0x7.0", &Capabilities::leaf_7},
    {"0x7.1", &Capabilities::leaf_7_1},
    {"0xa", &Capabilities::leaf_a},
    {"0xd.0", &Capabilities::leaf_d},
    {"0xd.1", &Capabilities::leaf_d_1},
    {"0x40000000", &Capabilities::leaf_40000000},
    {"0x80000000", &Capabilities::leaf_80000000},
    {"0x80000001", &Capabilities::leaf_80000001},
    {"0x80000007", &Capabilities::leaf_80000007},
    {"0x80000008", &Capabilities::leaf_80000008},
};

std::string hex(std::uint64_t value) { return fmt::format("{:#x}", value); }

// A document that isn't what it should be; the place is a JSON pointer.
[[noreturn]] void reject(const std::string& place, const std::string& what) {
    throw Failure(ExitStatus::usage, fmt::format("{}: {}", place, what),
                  "The file has to come from `nadir caps --json`.");
}

// Numbers are strings in hexadecimal, since JSON readers round numbers beyond 53 bits; plain numbers are read, too.
std::uint64_t number(const Json& json, const std::string& place, std::uint64_t limit) {
    std::uint64_t value = 0;
    if (json.is_number_unsigned()) {
        value = json.get<std::uint64_t>();
    } else if (json.is_string()) {
        std::string_view text = json.get_ref<const std::string&>();
        const bool is_hex = text.starts_with("0x");
        text.remove_prefix(is_hex ? 2 : 0);
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, is_hex ? 16 : 10);
        if (error != std::errc{} || end != text.data() + text.size()) {
            reject(place, fmt::format("\"{}\" is not a number", json.get_ref<const std::string&>()));
        }
    } else {
        reject(place, "a number is expected (such as \"0x5\")");
    }
    if (value > limit) {
        reject(place, fmt::format("{:#x} is too large", value));
    }
    return value;
}

CpuidRegisters registers(const Json& json, const std::string& place) {
    if (!json.is_array() || json.size() != 4) {
        reject(place, "EAX, EBX, ECX and EDX are expected");
    }
    std::uint32_t values[4];
    for (std::size_t i = 0; i < 4; ++i) {
        values[i] = static_cast<std::uint32_t>(number(json[i], fmt::format("{}/{}", place, i), 0xFFFF'FFFF));
    }
    return {values[0], values[1], values[2], values[3]};
}

const Json& member(const Json& json, const char* name, const std::string& place) {
    if (!json.is_object() || !json.contains(name)) {
        reject(place, fmt::format("\"{}\" is missing", name));
    }
    return json[name];
}

Capabilities capabilities_from(const Json& json, const std::string& place) {
    Capabilities caps{};
    caps.layout = Capabilities::current_layout;
    const Json& cpuid = member(json, "cpuid", place);
    for (const char* needed : {"0x0", "0x1"}) {
        static_cast<void>(member(cpuid, needed, place + "/cpuid"));
    }
    for (const Leaf& leaf : leaves) {
        if (cpuid.contains(leaf.name)) {
            caps.*leaf.member = registers(cpuid[leaf.name], fmt::format("{}/cpuid/{}", place, leaf.name));
        }
    }
    const Json& msrs = member(json, "msr", place);
    if (!msrs.is_object()) {
        reject(place + "/msr", "an object is expected");
    }
    for (const auto& [name, value] : msrs.items()) {
        const std::string where = fmt::format("{}/msr/{}", place, name);
        const auto index = static_cast<std::uint32_t>(number(Json(name), where, 0xFFFF'FFFF));
        if (msr::slot_of(index) != msr::no_slot) {
            caps.set_msr(index, number(value, where, ~0ull));
        }
    }
    if (json.contains("cr0") && json.contains("cr4") && !json["cr0"].is_null() && !json["cr4"].is_null()) {
        caps.cr0 = number(json["cr0"], place + "/cr0", ~0ull);
        caps.cr4 = number(json["cr4"], place + "/cr4", ~0ull);
        caps.has_control_registers = 1;
    }
    return caps;
}

std::string text_or_empty(const Json& json, const char* name) {
    return json.contains(name) && json[name].is_string() ? json[name].get<std::string>() : std::string{};
}

ProcessorKind kind_from(const Json& json, const std::string& place) {
    ProcessorKind kind;
    kind.capabilities = capabilities_from(member(json, "capabilities", place), place + "/capabilities");
    kind.name = text_or_empty(json, "name");
    kind.source = text_or_empty(json, "source");
    if (json.contains("numbers") && json["numbers"].is_array()) {
        for (const Json& one : json["numbers"]) {
            kind.numbers.push_back(static_cast<unsigned>(number(one, place + "/numbers", 0xFFFF)));
        }
    }
    return kind;
}

} // namespace

nlohmann::ordered_json to_json(const Capabilities& capabilities) {
    Json json;
    json["cpuid"] = Json::object();
    for (const Leaf& leaf : leaves) {
        const CpuidRegisters& values = capabilities.*leaf.member;
        json["cpuid"][leaf.name] = {hex(values.eax), hex(values.ebx), hex(values.ecx), hex(values.edx)};
    }
    json["msr"] = Json::object();
    for (std::uint32_t slot = 0; slot < msr::slots; ++slot) {
        const std::uint32_t index = msr::index_of(slot);
        if (capabilities.msr_known(index)) {
            json["msr"][hex(index)] = hex(capabilities.msr(index));
        }
    }
    json["cr0"] = nullptr;
    json["cr4"] = nullptr;
    if (capabilities.has_control_registers != 0) {
        json["cr0"] = hex(capabilities.cr0);
        json["cr4"] = hex(capabilities.cr4);
    }
    return json;
}

arch::Capabilities capabilities_from_json(const nlohmann::ordered_json& json, const std::string& place) {
    return capabilities_from(json, place);
}

arch::CpuidRegisters* capability_leaf(Capabilities& capabilities, std::string_view name) {
    for (const Leaf& leaf : leaves) {
        if (leaf.name == name) {
            return &(capabilities.*leaf.member);
        }
    }
    return nullptr;
}

std::vector<std::string_view> capability_leaf_names() {
    std::vector<std::string_view> names;
    for (const Leaf& leaf : leaves) {
        names.emplace_back(leaf.name);
    }
    return names;
}

std::vector<ProcessorKind> kinds_from_json(const std::string& text, const std::string& file) {
    Json json;
    try {
        json = Json::parse(text);
    } catch (const Json::parse_error& error) {
        reject(file, fmt::format("not JSON, at byte {}", error.byte));
    } catch (const Json::exception& error) {
        reject(file, fmt::format("not JSON: {}", error.what())); // a number with an enormous exponent
    }
    if (number(member(json, "format", file), file + "#/format", 0xFFFF) != capability_json_format) {
        reject(file + "#/format", "written by another version of Nadir");
    }
    const Json& processors = member(json, "processors", file);
    if (!processors.is_array() || processors.empty()) {
        reject(file + "#/processors", "a list of at least one processor is expected");
    }
    std::vector<ProcessorKind> kinds;
    for (std::size_t i = 0; i < processors.size(); ++i) {
        kinds.push_back(kind_from(processors[i], fmt::format("{}#/processors/{}", file, i)));
    }
    return kinds;
}

} // namespace nadir::tool
