// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/hook/extension.h"

#include "tool/definitions/names.h"
#include "tool/definitions/nearness.h"
#include "tool/exit_status.h"

#include <fmt/format.h>
#include <vector>

namespace nadir::tool {

nadir_u64 extension_number(Device& device, const std::string& word) {
    std::vector<Candidate> candidates;
    for (nadir_u32 number = 0;; ++number) {
        const nadir_extension_request request = device.extension(number, 0);
        if (request.found == 0) {
            break;
        }
        const std::string name = request.extension.name;
        if (word == name || word == std::to_string(number)) {
            return number;
        }
        candidates.push_back({name, name});
    }
    if (candidates.empty()) {
        throw Failure(ExitStatus::failed, "No extension is compiled into this Nadir, and so a hook can't call one.");
    }
    const std::string advice = did_you_mean(nearest(word, candidates));
    throw Failure(ExitStatus::failed, fmt::format("There is no extension \"{}\".", word),
                  advice.empty() ? "`nadir extensions` lists them." : advice);
}

} // namespace nadir::tool
