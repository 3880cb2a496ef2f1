// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A second processor beside RootTest's, both on.
#pragma once

#include "core/nadir.h"
#include "tests/unit/core/fixture.h"
#include "tests/unit/core/root_fixture.h"

namespace nadir::test {

class TwoProcessors : public RootTest {
protected:
    TwoProcessors() {
        other.place = vcpu.place;
        other.place.processor = 1;
        other.place.block = reinterpret_cast<uint64_t>(other_block.get());
        other.place.log = other_log.data();
        for (core::Vcpu* one : {&vcpu, &other}) {
            core::reset_exit_ring(*one);
            core::set_state(*one, NADIR_PROCESSOR_ON);
        }
        vmm.vcpus = both;
        vmm.processor_count = 2;
    }

    Block other_block = make_block();
    std::array<nadir_log_record, core::log_records> other_log{};
    core::Vcpu other{};
    core::Vcpu* both[2] = {&vcpu, &other};
};

} // namespace nadir::test
