// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/extensions/dispatch.h"

#include "core/exits/cpuid.h"
#include "core/exits/handlers.h"
#include "core/msr_policy.h"
#include "core/vmm.h"

namespace nadir::core {

using arch::BasicExitReason;
using extension::Answer;
using extension::Call;
using extension::Description;
using extension::MsrRange;

namespace {

template <typename Do>
void for_each_extension(Do act) {
    for (uint32_t number = 0; number < extension_count(); ++number) {
        act(number, *extension_description(number));
    }
}

// Whose callback runs is known while it does, for the report of a fault in it.
void call(Vcpu& vcpu, uint32_t number, Call& what) {
    ExtensionState& state = extension_state(vcpu);
    extension::Processor processor{vcpu, number};
    __atomic_store_n(&state.at_work, number + 1, __ATOMIC_RELEASE);
    call_extension(number, processor, what);
    __atomic_store_n(&state.at_work, 0, __ATOMIC_RELEASE);
}

void call_all(Vcpu& vcpu, Call::Kind kind) {
    for_each_extension([&](uint32_t number, const Description&) {
        Call what{.kind = kind};
        call(vcpu, number, what);
    });
}

bool has_leaf(const Description& description, uint32_t leaf) {
    for (const uint32_t wanted : description.cpuid_leaves) {
        if (wanted == leaf) {
            return true;
        }
    }
    return false;
}

bool has_msr(std::span<const MsrRange> ranges, uint32_t msr) {
    for (const MsrRange range : ranges) {
        if (msr >= range.first && msr <= range.last) {
            return true;
        }
    }
    return false;
}

// The processor's own answer, and what one extension after the other makes of it.
bool answer_cpuid(Vcpu& vcpu, Outcome& outcome) {
    GuestRegisters& r = vcpu.registers;
    const auto leaf = static_cast<uint32_t>(r.rax());
    const auto subleaf = static_cast<uint32_t>(r.rcx());
    bool answered = false;
    for_each_extension([&](uint32_t number, const Description& description) {
        if (!has_leaf(description, leaf)) {
            return;
        }
        if (!answered) {
            outcome = exits::cpuid(vcpu);
            answered = true;
        }
        const auto part = [](uint64_t value) { return static_cast<uint32_t>(value); };
        const uint64_t own[] = {r.rax(), r.rbx(), r.rcx(), r.rdx()};
        Call what{.kind = Call::Kind::cpuid,
                  .number = leaf,
                  .subnumber = subleaf,
                  .cpuid = {part(own[0]), part(own[1]), part(own[2]), part(own[3])}};
        call(vcpu, number, what);
        exits::give_cpuid(r, {what.cpuid.eax, what.cpuid.ebx, what.cpuid.ecx, what.cpuid.edx});
    });
    return answered;
}

void give_msr(GuestRegisters& r, uint64_t value) {
    r.rax() = value & 0xFFFF'FFFF;
    r.rdx() = value >> 32;
}

// What comes of an answer that isn't `pass`.
bool conclude(Answer answer, Outcome& outcome) {
    outcome = answer == Answer::refuse ? Outcome::general_protection : Outcome::advance;
    return answer != Answer::pass;
}

bool answer_rdmsr(Vcpu& vcpu, Outcome& outcome) {
    GuestRegisters& r = vcpu.registers;
    const auto msr = static_cast<uint32_t>(r.rcx());
    for (uint32_t number = 0; number < extension_count(); ++number) {
        if (!has_msr(extension_description(number)->read_msrs, msr)) {
            continue;
        }
        Call what{.kind = Call::Kind::read_msr, .number = msr};
        call(vcpu, number, what);
        if (conclude(what.answer, outcome)) {
            if (what.answer == Answer::done) {
                give_msr(r, what.value);
            }
            return true;
        }
    }
    return false;
}

// Another value than the guest's: its instruction, with that one in its registers meanwhile.
Outcome write_instead(Vcpu& vcpu, uint32_t msr, uint64_t value) {
    GuestRegisters& r = vcpu.registers;
    const uint64_t rax = r.rax();
    const uint64_t rdx = r.rdx();
    give_msr(r, value);
    const Outcome outcome = is_switched(msr) ? exits::wrmsr_switched(vcpu) : exits::wrmsr(vcpu);
    r.rax() = rax;
    r.rdx() = rdx;
    return outcome;
}

bool answer_wrmsr(Vcpu& vcpu, Outcome& outcome) {
    GuestRegisters& r = vcpu.registers;
    const auto msr = static_cast<uint32_t>(r.rcx());
    const uint64_t wanted = r.edx_eax();
    uint64_t value = wanted;
    for (uint32_t number = 0; number < extension_count(); ++number) {
        if (!has_msr(extension_description(number)->written_msrs, msr)) {
            continue;
        }
        Call what{.kind = Call::Kind::write_msr, .number = msr, .value = value};
        call(vcpu, number, what);
        if (conclude(what.answer, outcome)) {
            return true;
        }
        value = what.value;
    }
    if (value == wanted) {
        return false;
    }
    outcome = write_instead(vcpu, msr, value);
    return true;
}

template <typename Set>
void add_msrs(std::span<const MsrRange> ranges, Set set) {
    for (const MsrRange range : ranges) {
        for (uint64_t msr = range.first; msr <= range.last; ++msr) {
            if (is_watchable(static_cast<uint32_t>(msr))) {
                set(static_cast<uint32_t>(msr));
            }
        }
    }
}

} // namespace

void start_extensions(Vcpu& vcpu) {
    extension_state(vcpu) = {};
    call_all(vcpu, Call::Kind::start);
}

void stop_extensions(Vcpu& vcpu) { call_all(vcpu, Call::Kind::stop); }

uint32_t extension_cpuid_leaves() {
    uint32_t bits = 0;
    for_each_extension([&](uint32_t, const Description& description) {
        for (const uint32_t leaf : description.cpuid_leaves) {
            bits |= 1u << (leaf % 32);
        }
    });
    return bits;
}

void add_extension_msrs(arch::MsrBitmap& bitmap) {
    for_each_extension([&](uint32_t, const Description& description) {
        add_msrs(description.read_msrs, [&](uint32_t msr) { bitmap.set_read(msr, true); });
        add_msrs(description.written_msrs, [&](uint32_t msr) { bitmap.set_write(msr, true); });
    });
}

bool extensions_want_system_calls() {
    bool wanted = false;
    for_each_extension([&](uint32_t, const Description& description) { wanted |= description.wants_system_calls; });
    return wanted;
}

bool answer_by_extension(Vcpu& vcpu, BasicExitReason reason, Outcome& outcome) {
    switch (reason) {
    case BasicExitReason::cpuid: return answer_cpuid(vcpu, outcome);
    case BasicExitReason::rdmsr: return answer_rdmsr(vcpu, outcome);
    case BasicExitReason::wrmsr: return answer_wrmsr(vcpu, outcome);
    default: return false;
    }
}

void tell_extensions_of_system_call(Vcpu& vcpu) {
    for_each_extension([&](uint32_t number, const Description& description) {
        if (description.wants_system_calls) {
            Call what{.kind = Call::Kind::system_call};
            call(vcpu, number, what);
        }
    });
}

Answer ask_extension_about_hook(Vcpu& vcpu, uint32_t number, uint64_t address) {
    Call what{.kind = Call::Kind::hook, .value = address};
    call(vcpu, number, what);
    return what.answer;
}

Answer ask_extensions_about_access(Vcpu& vcpu, const extension::MemoryAccess& access) {
    Answer answer = Answer::pass;
    for_each_extension([&](uint32_t number, const Description& description) {
        if (answer == Answer::pass && description.wants_memory) {
            Call what{.kind = Call::Kind::memory_access, .access = access};
            call(vcpu, number, what);
            answer = what.answer;
        }
    });
    return answer;
}

const Description* extension_at_work(const Vcpu& vcpu) {
    const uint32_t number = __atomic_load_n(&extension_state(vcpu).at_work, __ATOMIC_ACQUIRE);
    return number != 0 ? extension_description(number - 1) : nullptr;
}

} // namespace nadir::core
