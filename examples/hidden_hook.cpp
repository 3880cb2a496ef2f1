// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A hidden function hook: whoever calls the function with a certain argument gets another answer, and the function isn't run. Who reads
// the function's code, or checks its sum, sees what was always there (docs/views.md).
//
// Where it lies is said while the system runs: a hook of kind NADIR_HOOK_CALL that names this extension.
#include "core/extensions/extension.h"

using namespace nadir::extension;

namespace {

constexpr uint64_t wanted_argument = 7;
constexpr uint64_t other_answer = 42;

enum Counter : unsigned { calls, answered };

struct HiddenHook {
    static constexpr About about{"1.0", "answers 42 instead of a function that is called with 7"};
    static constexpr std::string_view counters[] = {"calls", "answered"};

    // At the function's first instruction, before it is executed. The arguments are where the System V convention has them.
    static Answer hook(Processor& processor, uint64_t /*address*/) {
        processor.count(calls);
        if (processor.argument(0) != wanted_argument) {
            return Answer::pass; // the instruction is executed, and the function goes on as ever
        }
        // RIP is the caller's now, RSP is what it was before the call, and RAX has the answer.
        if (!processor.return_from_function(other_answer)) {
            return Answer::pass; // the stack can't be read
        }
        processor.count(answered);
        return Answer::done;
    }
};

} // namespace

NADIR_EXTENSION(HiddenHook)
