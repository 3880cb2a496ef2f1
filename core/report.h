// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Fills the report of a request: what was asked, what the processor answered, which rule, what to do.
#pragma once

#include <cstdint>

#include "check/support.h"
#include "control/control.h"

namespace nadir::core {

struct Failure {
    nadir_status status = NADIR_OK;
    nadir_step step = NADIR_STEP_NONE;
    uint32_t processor = NADIR_ANY_PROCESSOR;
    uint64_t detail[4] = {};
};

void fill_report(nadir_report& report, const Failure& failure);

// The probe's refusal has its own words.
void fill_report(nadir_report& report, const Failure& failure, const check::SupportReport& support);

// Where there was no failure.
void fill_success(nadir_report& report);

} // namespace nadir::core
