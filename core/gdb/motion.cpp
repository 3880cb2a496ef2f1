// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/gdb/motion.h"

namespace nadir::core::gdb {

namespace {

uint32_t count(const Vmm& vmm) {
    const uint32_t all = processor_count(vmm);
    return all < max_processors ? all : max_processors;
}

void set_all(Session& session, Motion motion) {
    for (Motion& one : session.motions) {
        one = motion;
    }
}

// c, s, or C and S with a signal, which a machine doesn't have.
std::optional<Motion> take_motion(Words& words) {
    if (words.skip("c")) {
        return Motion::run;
    }
    if (words.skip("s")) {
        return Motion::step;
    }
    const bool run = words.skip("C");
    if ((!run && !words.skip("S")) || !words.byte()) {
        return std::nullopt;
    }
    return run ? Motion::run : Motion::step;
}

// One action of the list, for those that none before it was for.
bool take_action(Session& session, const Vmm& vmm, Words& words) {
    const std::optional<Motion> motion = take_motion(words);
    if (!motion) {
        return false;
    }
    uint32_t first = 0;
    uint32_t end = count(vmm);
    if (words.skip(":") && !words.skip("-1")) {
        const auto thread = words.number();
        if (!thread || *thread == 0 || *thread > end) {
            return false;
        }
        first = static_cast<uint32_t>(*thread - 1);
        end = first + 1;
    }
    for (uint32_t i = first; i < end; ++i) {
        if (session.motions[i] == Motion::undecided) {
            session.motions[i] = *motion;
        }
    }
    return true;
}

} // namespace

bool parse_motions(Session& session, const Vmm& vmm, Words words) {
    set_all(session, Motion::undecided);
    do {
        if (!take_action(session, vmm, words)) {
            set_all(session, Motion::stay);
            return false;
        }
    } while (words.skip(";"));
    for (Motion& motion : session.motions) {
        motion = motion == Motion::undecided || !words.at_end() ? Motion::stay : motion;
    }
    return words.at_end();
}

void set_motions(Session& session, const Vmm& vmm, Motion motion, uint32_t processor) {
    set_all(session, Motion::stay);
    for (uint32_t i = 0; i < count(vmm); ++i) {
        session.motions[i] = i == processor ? motion : Motion::run;
    }
}

} // namespace nadir::core::gdb
