// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tests/fakes/exit_stub.h"

#include <stdexcept>

#include "cpu/abi.h"
#include "cpu/exit_path.h"

extern "C" {
NADIR_CPU_ABI uint32_t nadir_handle_exit(nadir::core::Vcpu* vcpu);
NADIR_CPU_ABI uint32_t nadir_handle_exit_with_all_registers(nadir::core::Vcpu* vcpu);
NADIR_CPU_ABI uint32_t nadir_handle_watched_exit(nadir::core::Vcpu* vcpu);
}

namespace nadir::fake {

namespace {

// RBP, R12 to R15, by their encodings. (RBX is one of them, but CPUID's result.)
constexpr unsigned not_yet_saved[] = {5, 12, 13, 14, 15};
constexpr uint64_t of_an_older_exit = 0x0DD0'0DD0'0DD0'0DD0;

} // namespace

uint32_t exit_stub(core::Vcpu& vcpu) {
    const core::GuestRegisters guest = vcpu.registers;
    for (const unsigned r : not_yet_saved) {
        vcpu.registers.value[r] = of_an_older_exit;
    }
    const uint32_t next = nadir_handle_exit(&vcpu);
    for (const unsigned r : not_yet_saved) {
        if (vcpu.registers.value[r] != of_an_older_exit) {
            throw std::logic_error("a handler changed a register that cpu/exit.S had not saved");
        }
        vcpu.registers.value[r] = guest.value[r];
    }
    if (next == NADIR_EXIT_RESUME) {
        return next;
    }
    if (next != NADIR_EXIT_ALL_REGISTERS) {
        throw std::logic_error("nadir_handle_exit: an answer that cpu/exit.S doesn't know");
    }
    return nadir_handle_exit_with_all_registers(&vcpu);
}

uint32_t watched_exit_stub(core::Vcpu& vcpu) { return nadir_handle_watched_exit(&vcpu); }

} // namespace nadir::fake
