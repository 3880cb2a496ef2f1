// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A fake machine with a host whose image is loaded, on which a test starts and stops the core.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "control/messages.h"
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

    // Executes CPUID on a processor.
    bool exit_on(unsigned processor, uint32_t reason = 10,
                 std::initializer_list<std::pair<uint32_t, uint64_t>> information = {}) {
        machine.switch_to(processor);
        return machine.exit(reason, information);
    }
    std::string log_of(uint32_t processor) {
        auto request = std::make_unique<nadir_log_request>();
        request->processor = processor;
        std::string all;
        EXPECT_EQ(nadir_read_log(session, request.get()), NADIR_OK);
        for (uint32_t i = 0; i < request->count; ++i) {
            char text[control::longest_record];
            nadir_format_log_record(&request->records[i], text, sizeof(text));
            all += std::string(text) + "\n";
        }
        return all;
    }

    fake::Machine machine;
    nadir_options options{};
    nadir_report report{};
    nadir_session* session = nullptr;
    size_t blocks_before = 0;
};

} // namespace nadir::test
