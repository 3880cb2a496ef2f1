// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A fake machine with a host whose image is loaded, on which a test starts and stops the core.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "core/nadir.h"
#include "core/session.h"
#include "tests/fakes/host.h"
#include "tests/fakes/machine.h"
#include "tests/unit/check/example_processor.h"

namespace nadir::test {

class MachineTest : public ::testing::Test {
protected:
    explicit MachineTest(unsigned processors = 1) : machine(processors) {
        fake::host = {};
        fake::host.processors = processors;
        add_image_range(3, true, 0xC0);
        add_image_range(2, false, 0xDA);
        options.log_level = NADIR_LEVEL_DEBUG;
    }
    ~MachineTest() override { fake::host = {}; }

    void add_image_range(uint64_t pages, bool executable, int content) {
        uint8_t* address = machine.memory.allocate(pages * 4096);
        std::memset(address, content, pages * 4096);
        fake::host.image.push_back({address, pages * 4096, executable ? 1u : 0u, 0});
        machine.memory.allocations = 0;
        blocks_before = machine.memory.blocks().size();
    }

    uint32_t start() { return nadir_start(&options, &session, &report); }
    uint32_t stop() { return nadir_stop(session, &report); }
    void release() {
        nadir_release(session);
        session = nullptr;
    }

    std::vector<fake::State> states() const {
        std::vector<fake::State> all;
        for (const fake::Processor& p : machine.processors) {
            all.push_back(p.state);
        }
        return all;
    }
    bool nothing_leaked() const { return machine.memory.blocks().size() == blocks_before; }

    core::Vcpu& vcpu(unsigned processor = 0) { return *session->vmm->vcpus[processor]; }

    fake::Machine machine;
    nadir_options options{};
    nadir_report report{};
    nadir_session* session = nullptr;
    size_t blocks_before = 0;
};

} // namespace nadir::test
