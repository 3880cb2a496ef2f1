// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/report.h"

#include "control/messages.h"
#include "tool/json.h"

#include <algorithm>
#include <fmt/format.h>

namespace nadir::tool {

namespace {

std::string text_of(const nadir_report& report) {
    // The core terminates its text; a damaged answer must not make us read on.
    return {report.text, std::find(std::begin(report.text), std::end(report.text), '\0')};
}

} // namespace

std::string words_of(const nadir_report& report) {
    const std::string text = text_of(report);
    return text.empty() ? std::string(control::status_text(report.status)) : text;
}

std::string describe(const nadir_report& report) {
    // Most texts of the core have step, processor and status in them.
    std::string text = text_of(report);
    if (text.find(control::status_text(report.status)) != std::string::npos) {
        return text;
    }
    std::string where;
    if (report.step != NADIR_STEP_NONE) {
        where = fmt::format(" at step {} ({})", report.step, control::step_text(report.step));
    }
    if (report.processor != NADIR_ANY_PROCESSOR) {
        where += fmt::format(" on processor {}", report.processor);
    }
    return fmt::format("{}{}: {}", control::status_text(report.status), where, words_of(report));
}

nlohmann::ordered_json to_json(const nadir_report& report) {
    nlohmann::ordered_json json;
    json["status"] = report.status;
    json["status_text"] = control::status_text(report.status);
    json["step"] = report.step;
    json["step_text"] = control::step_text(report.step);
    json["processor"] = nullptr;
    if (report.processor != NADIR_ANY_PROCESSOR) {
        json["processor"] = report.processor;
    }
    json["detail"] = nlohmann::ordered_json::array();
    for (const nadir_u64 value : report.detail) {
        json["detail"].push_back(fmt::format("{:#x}", value));
    }
    json["text"] = words_of(report);
    return json;
}

ExitStatus exit_status_of(const nadir_report& report) {
    switch (report.status) {
    case NADIR_OK: return ExitStatus::success;
    case NADIR_ALREADY_ON:
    case NADIR_ALREADY_OFF: return ExitStatus::already;
    case NADIR_BAD_VERSION:
    case NADIR_BAD_SIZE: return ExitStatus::wrong_version;
    default: return ExitStatus::failed;
    }
}

} // namespace nadir::tool
