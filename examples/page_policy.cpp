// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A page-protection policy: protected memory is written once. What is still zero may be filled in, by anybody; what has been written
// stays, so a log that a system keeps there can be added to and not forged, whoever has become its administrator.
//
// Which memory that is, a rule says while the system runs (docs/reactions.md), and so what becomes of writes that the policy doesn't
// allow: they are ignored, or they fault.
#include "core/extensions/extension.h"

using namespace nadir::extension;

namespace {

enum Counter : unsigned { filled_in, left_to_rule };

// The longest that one instruction writes.
constexpr uint32_t longest = 64;

struct PagePolicy {
    static constexpr About about{"1.0", "lets protected memory be written where it is still zero"};
    static constexpr std::string_view counters[] = {"filled_in", "left_to_rule"};

    // Only accesses to pages that a rule protects or a trace watches come here; all other memory costs nothing.
    static Answer memory_access(Processor& processor, const MemoryAccess& access) {
        if (!access.writes) {
            return Answer::pass;
        }
        if (is_zero(processor, access)) {
            processor.count(filled_in);
            return Answer::done; // whatever the rules say
        }
        processor.count(left_to_rule);
        processor.log("written before", access.physical, processor.rip());
        return Answer::pass;
    }

private:
    static bool is_zero(const Processor& processor, const MemoryAccess& access) {
        uint8_t present[longest];
        if (access.bytes == 0 || access.bytes > longest) {
            return false; // more than one can know of: a wide save of registers
        }
        processor.read_physical(access.physical, present, access.bytes);
        uint8_t bits = 0;
        for (uint32_t i = 0; i < access.bytes; ++i) {
            bits = static_cast<uint8_t>(bits | present[i]);
        }
        return bits == 0;
    }
};

} // namespace

NADIR_EXTENSION(PagePolicy)
