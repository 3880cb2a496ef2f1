// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The mutants, in the same order in the guest program and in the judge: so number i is the same thing in both. What is
// changed is in mutant_groups.h; this is how.
#pragma once

#include "tests/oracle/exclusions.h"

#include <cstddef>

namespace nadir::oracle {

enum class Group : std::uint8_t {
    unchanged, // the baseline, really entered
    bits,
    boundaries,
    segments,
    privilege,
    modes,
    events,
    non_register_state,
    controls,
    addresses,
    host,
    lists,
};
inline constexpr unsigned group_count = 12;

constexpr std::string_view name_of(Group group) {
    constexpr std::string_view names[group_count] = {
        "baseline",  "every bit",          "boundary values",   "segments",  "privilege levels", "modes",
        "injection", "non-register state", "pairs of controls", "addresses", "host state",       "MSR-load lists",
    };
    return names[static_cast<unsigned>(group)];
}

struct Change {
    std::uint8_t slot;
    std::uint64_t value;
};

struct Mutant {
    static constexpr unsigned most_changes = 8;

    std::uint32_t number = 0;
    Baseline baseline = Baseline::bits64;
    Group group = Group::unchanged;
    std::uint8_t count = 0;
    Change changes[most_changes] = {};
};

// Visitor: begin(baseline, values) before a baseline's mutants, then mutant(mutant, values, exclusion) for each.
template <typename Visitor>
class Generator {
public:
    Generator(const arch::Capabilities& caps, const Presence& presence, Visitor& visitor)
        : caps_(caps), presence_(presence), visitor_(visitor) {}

    const arch::Capabilities& caps() const { return caps_; }
    const Values& base() const { return base_; }
    const Values& now() const { return now_; }
    Baseline baseline() const { return mutant_.baseline; }
    bool present(unsigned slot) const { return presence_.present[slot] != 0; }
    std::uint32_t count() const { return mutant_.number; }

    void begin(Baseline baseline) {
        make_baseline(baseline, caps_, base_);
        now_ = base_;
        mutant_.baseline = baseline;
        visitor_.begin(baseline, base_);
    }
    void group(Group group) { mutant_.group = group; }

    // Runs `inner` with a field changed; once without where the processor lacks the field.
    template <typename Inner>
    void with(unsigned slot, std::uint64_t value, Inner inner) {
        if (!present(slot)) {
            inner();
            return;
        }
        const unsigned bits = bits_of(slot);
        const std::uint64_t before = now_[slot];
        now_[slot] = bits == 64 ? value : value & base::low_mask(bits);
        mutant_.changes[mutant_.count++] = {static_cast<std::uint8_t>(slot), now_[slot]};
        inner();
        --mutant_.count;
        now_[slot] = before;
    }

    // The same for each of several values.
    template <std::size_t n, typename Inner>
    void each(unsigned slot, const std::uint64_t (&values)[n], Inner inner) {
        for (std::size_t i = 0; i < (present(slot) ? n : 1); ++i) {
            with(slot, values[i], inner);
        }
    }

    // Each combination of `bits` in a field, the others as they are.
    template <typename Inner>
    void combinations(unsigned slot, std::uint64_t bits, Inner inner) {
        std::uint64_t subset = 0;
        do {
            with(slot, (now_[slot] & ~bits) | subset, inner);
            subset = (subset - bits) & bits;
        } while (subset != 0 && present(slot));
    }

    void emit() {
        visitor_.mutant(mutant_, now_, exclusion());
        ++mutant_.number;
    }
    auto emitter() {
        return [this] { emit(); };
    }

private:
    Exclusion exclusion() const {
        bool only_list = true;
        for (unsigned i = 0; i < mutant_.count; ++i) {
            const std::uint8_t slot = mutant_.changes[i].slot;
            only_list = only_list && (is_list_word(slot) || slot == slot_of(arch::vmcs::entry_msr_load_count) ||
                                      slot == slot_of(arch::vmcs::entry_msr_load_address));
        }
        return exclusion_of(mutant_.baseline, now_, only_list, caps_);
    }

    const arch::Capabilities& caps_;
    const Presence& presence_;
    Visitor& visitor_;
    Values base_;
    Values now_;
    Mutant mutant_;
};

} // namespace nadir::oracle
