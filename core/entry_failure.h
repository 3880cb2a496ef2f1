// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A VM entry failed: which rules does the VMCS break? The answer goes to the session's log, one line per
// rule. Host context, never root mode: the rules are not in root mode's copy of the image (core/host.h,
// nadir_host_image).
#pragma once

#include "arch/capabilities.h"
#include "core/session.h"

namespace nadir::core {

// Number of the first broken rule, as of check::entry_rule(), plus 1; 0 when none was found.
uint32_t explain_failed_entry(nadir_session& session, const nadir_vmcs& vmcs, const arch::Capabilities& capabilities);

} // namespace nadir::core
