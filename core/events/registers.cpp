// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/events/registers.h"

#include <bit>

#include "arch/vmx/fields.h"
#include "control/event_ring_reader.h"
#include "core/events/event.h"
#include "core/events/record.h"
#include "cpu/vmx.h"

namespace nadir::core {

namespace {

constexpr uint32_t in_part = sizeof(nadir_event_registers::value) / sizeof(uint64_t);
constexpr uint32_t general = sizeof(GuestRegisters::value) / sizeof(uint64_t);
constexpr uint32_t number_of_rsp = 4;
static_assert(general + 1 <= in_part * NADIR_EVENT_REGISTER_PARTS);

uint64_t value_of(const Vcpu& vcpu, uint32_t number) {
    if (number == number_of_rsp) {
        return cpu::vmread(arch::vmcs::guest_rsp);
    }
    if (number == general) {
        return cpu::vmread(arch::vmcs::guest_rflags).value;
    }
    return number < general ? vcpu.registers.value[number] : 0;
}

} // namespace

void put_registers(Vcpu& vcpu) {
    const uint64_t event = vcpu.events.next;
    const uint64_t begun = event + 1 + NADIR_EVENT_REGISTER_PARTS;
    vcpu.events.ahead = NADIR_EVENT_REGISTER_PARTS;
    for (uint32_t part = 0; part < NADIR_EVENT_REGISTER_PARTS; ++part) {
        nadir_event_registers record{};
        record.kind = NADIR_EVENT_REGISTERS;
        record.part = static_cast<nadir_u8>(part);
        record.event = event;
        for (uint32_t i = 0; i < in_part; ++i) {
            record.value[i] = value_of(vcpu, part * in_part + i);
        }
        put_record(event_ring(vcpu), event + 1 + part, begun, std::bit_cast<nadir_event>(record));
    }
}

} // namespace nadir::core
