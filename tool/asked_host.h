// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The host's part (module, driver) as a source of facts for `caps`: it sees everything, but need not be there.
#pragma once

#include "tool/exit_status.h"
#include "tool/system.h"

#include <memory>
#include <string>
#include <utility>

namespace nadir::tool {

class AskedHost {
public:
    explicit AskedHost(std::string name) : name_(std::move(name)) {}

    // By the host, or else by `without_host`, a function of the processor's number that gives ProcessorFacts.
    template <typename WithoutHost>
    ProcessorFacts facts(System& system, unsigned processor, WithoutHost without_host) {
        if (!looked_) {
            looked_ = true;
            try {
                device_ = system.open_device();
            } catch (const Failure&) {
                // `caps` works without; what remains unknown then is said in the findings.
            }
        }
        if (device_ == nullptr) {
            return without_host(processor);
        }
        try {
            return {processor, device_->capabilities(processor), name_, {}};
        } catch (const Failure& failure) {
            ProcessorFacts facts = without_host(processor);
            facts.notes.emplace_back(failure.what());
            return facts;
        }
    }

private:
    std::string name_;
    bool looked_ = false;
    std::unique_ptr<Device> device_;
};

} // namespace nadir::tool
