// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Whatever stands in a file: reading it as a dump, checking the VMCS and printing the explanation ends, stays within its memory,
// and what is written of it reads back. The first byte chooses the format (bits 2:0), a model's capabilities (bit 3), and JSON
// (bit 4: it takes longer than all the rest).
#include "tool/dump/compare_dumps.h"
#include "tool/dump/json_dump.h"
#include "tool/dump/print_explanation.h"
#include "tool/dump/read_dump.h"
#include "tool/dump/write_dump.h"
#include "tool/json.h"
#include "tool/models/models.h"

#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string_view>

namespace {

using namespace nadir::tool;

void require(bool condition) {
    if (!condition) {
        std::abort();
    }
}

void check_explanation(const Dump& dump, const Explanation& explanation, bool json) {
    require(explanation.violations.size() + explanation.unchecked.size() <= explanation.rules);
    require(explanation.lacking_fields() + explanation.lacking_capabilities() + explanation.lacking_memory() ==
            explanation.unchecked.size());
    std::ostringstream out;
    print_explanation(out, dump, explanation, {"a processor", true});
    require(!out.str().empty());
    require(!json || !explanation_to_json(dump, explanation, {}).empty());
}

void check_round_trip(const Dump& dump, bool json) {
    std::ostringstream out;
    write_dump(out, dump);
    const Dump again = read_dumps(out.str(), DumpFormat::nadir).front();
    require(again.problems.empty());
    const DumpComparison comparison = compare_dumps(dump, again);
    require(comparison.different.empty() && comparison.only_left.empty() && comparison.only_right.empty());
    if (json) {
        const std::string text = dump_to_json(dump).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
        const Dump other = read_dumps(text, DumpFormat::json).front();
        require(other.problems.empty() && compare_dumps(dump, other).different.empty());
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    static const ProcessorKind model = *processor_model("corei7_icelake_u");
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    constexpr std::optional<DumpFormat> formats[] = {std::nullopt,    DumpFormat::nadir, DumpFormat::json,
                                                     DumpFormat::kvm, DumpFormat::xen,   DumpFormat::list};
    const std::optional<DumpFormat> format = formats[(data[0] & 0x7) % std::size(formats)];
    for (const Dump& dump : read_dumps(text, format)) {
        const bool with_model = (data[0] & 0x8) != 0;
        const bool json = (data[0] & 0x10) != 0;
        check_explanation(dump, explain_dump(dump, with_model ? std::optional(model.capabilities) : dump.capabilities),
                          json);
        check_round_trip(dump, json);
        for (const DumpProblem& problem : dump.problems) {
            require(!describe(dump, problem).empty());
        }
    }
    return 0;
}
