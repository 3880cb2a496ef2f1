// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "arch/vmx/fields.h"
#include "core/exits/handlers.h"
#include "core/guest.h"
#include "core/hypercall.h"
#include "core/log.h"
#include "core/memory/second_level.h"
#include "core/root/provoke.h"
#include "core/vmm.h"
#include "cpu/vmx.h"

namespace nadir::core::exits {

using cpu::vmread;
namespace vmcs = arch::vmcs;

namespace {

// The registers of an answer, in the order of core/hypercall.h.
constexpr unsigned answer_registers[hypercall_words] = {1, 2, 6, 7, 8, 9, 10, 11};

void answer(Vcpu& vcpu, unsigned word, uint64_t value) { vcpu.registers.value[answer_registers[word]] = value; }

// Word `index` of struct nadir_statistics.
uint64_t statistics_word(const Vcpu& vcpu, uint64_t index) {
    constexpr uint64_t first_exit = offsetof(nadir_statistics, exits) / 8;
    static_assert(first_exit == 8);
    switch (index) {
    case 0: return uint64_t{vcpu.state} << 32 | vcpu.place.processor;
    case 3: return exits_total(vcpu);
    case 4: return vcpu.nmi_in_root;
    case 5: return vcpu.events_reinjected;
    case 6: return vcpu.log_next > log_records ? vcpu.log_next - log_records : 0;
    default: return index >= first_exit && index - first_exit < NADIR_EXIT_REASONS ? vcpu.exits[index - first_exit] : 0;
    }
}

nadir_status read_log(Vcpu& vcpu, const Vcpu& subject, uint32_t sequence) {
    nadir_log_record record;
    if (sequence >= subject.log_next ||
        !read_record({subject.place.log, log_records, subject.log_next}, sequence, record)) {
        return NADIR_BAD_ARGUMENT;
    }
    uint64_t words[sizeof(record) / 8];
    __builtin_memcpy(words, &record, sizeof(record));
    static_assert(sizeof(words) / 8 == hypercall_words);
    for (unsigned i = 0; i < hypercall_words; ++i) {
        answer(vcpu, i, words[i]);
    }
    return NADIR_OK;
}

nadir_status read_vmcs(Vcpu& vcpu, const Vcpu& subject, uint64_t first) {
    const bool live = &vcpu == &subject;
    if (!live && subject.snapshot.source == NADIR_VMCS_NONE) {
        return NADIR_BAD_ARGUMENT;
    }
    uint64_t known = 0;
    for (unsigned i = 0; first < VmcsSnapshot::capacity && i + 1 < hypercall_words; ++i) {
        const auto index = static_cast<uint32_t>(first + i);
        if (index >= VmcsSnapshot::capacity) {
            break;
        }
        uint64_t value = live ? 0 : subject.snapshot.values[index];
        if (live ? read_vmcs_field(index, value) : subject.snapshot.has(index)) {
            known |= uint64_t{1} << i;
            answer(vcpu, i + 1, value);
        }
    }
    answer(vcpu, 0, known);
    return NADIR_OK;
}

// RDX is a processor's number.
bool is_about_a_processor(Hypercall function) {
    constexpr auto bit = [](Hypercall which) { return uint64_t{1} << static_cast<uint64_t>(which); };
    constexpr uint64_t those = bit(Hypercall::read_statistics) | bit(Hypercall::log_position) |
                               bit(Hypercall::read_log) | bit(Hypercall::read_vmcs);
    const auto number = static_cast<uint64_t>(function);
    return number < 64 && ((those >> number) & 1) != 0;
}

} // namespace

Outcome vmcall(Vcpu& vcpu) {
    Vmm& vmm = *vcpu.place.vmm;
    GuestRegisters& r = vcpu.registers;
    if (r.rax() != vmm.key || guest_privilege_level() != 0 || !guest_in_64_bit_mode()) {
        return Outcome::invalid_opcode;
    }
    const auto function = static_cast<Hypercall>(r.rcx());
    const uint64_t number = r.rdx();
    const uint64_t argument = r.rsi();
    const bool about_processor = is_about_a_processor(function);
    if (about_processor && number >= vmm.processor_count) {
        r.rax() = NADIR_BAD_ARGUMENT;
        return Outcome::advance;
    }
    Vcpu& subject = *vmm.vcpus[about_processor ? number : vcpu.place.processor];

    for (unsigned i = 0; i < hypercall_words; ++i) {
        answer(vcpu, i, 0);
    }
    r.rax() = NADIR_OK;
    switch (function) {
    case Hypercall::confirm:
        forget_translations(vcpu);
        answer(vcpu, 0, vcpu.place.processor);
        answer(vcpu, 1, vmm_signature);
        return Outcome::advance;
    case Hypercall::leave: return Outcome::leave;
    case Hypercall::read_statistics:
        for (unsigned i = 0; i < hypercall_words; ++i) {
            answer(vcpu, i, statistics_word(subject, argument + i));
        }
        return Outcome::advance;
    case Hypercall::log_position: answer(vcpu, 0, subject.log_next); return Outcome::advance;
    case Hypercall::read_log:
        r.rax() = read_log(vcpu, subject, static_cast<uint32_t>(argument));
        return Outcome::advance;
    case Hypercall::read_vmcs: r.rax() = read_vmcs(vcpu, subject, argument); return Outcome::advance;
    case Hypercall::read_memory_use: answer(vcpu, 0, uint64_t{vmm.ept.pool.used} * 4096); return Outcome::advance;
    case Hypercall::provoke:
        if (vmm.options.allow_provoke != 0 && provoke(vcpu, number)) {
            return Outcome::retry;
        }
        break; // refused, or no such provocation
    case Hypercall::wait_for_startup: put_guest_into_wait_for_startup(vcpu); return Outcome::retry;
    case Hypercall::start_up:
        put_guest_into_wait_for_startup(vcpu);
        start_guest_up(static_cast<uint8_t>(number));
        return Outcome::retry;
    }
    log(vcpu, Message::hypercall_refused,
        {static_cast<uint64_t>(function), NADIR_BAD_ARGUMENT, vmread(vmcs::guest_rip)});
    r.rax() = NADIR_BAD_ARGUMENT;
    return Outcome::advance;
}

} // namespace nadir::core::exits
