// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/linux/processor.h"

#include "arch/capability_reading.h"
#include "tool/linux/descriptor.h"
#include "tool/linux/pinned.h"
#include "tool/x86/cpuid.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace nadir::tool {

namespace {

class UserModeReader {
public:
    explicit UserModeReader(unsigned processor)
        : path_(fmt::format("/dev/cpu/{}/msr", processor)), msrs_(open(path_.c_str(), O_RDONLY | O_CLOEXEC)),
          error_(msrs_ ? 0 : errno) {}

    arch::CpuidRegisters cpuid(std::uint32_t leaf, std::uint32_t subleaf) { return execute_cpuid(leaf, subleaf); }

    std::optional<std::uint64_t> msr(std::uint32_t index) {
        std::uint64_t value = 0;
        if (!msrs_) {
            return std::nullopt;
        }
        if (pread(msrs_.number(), &value, sizeof(value), index) != sizeof(value)) {
            refused_ = true;
            return std::nullopt;
        }
        return value;
    }

    [[nodiscard]] std::string source() const { return msrs_ ? "CPUID and " + path_ : "CPUID"; }

    void explain(std::vector<std::string>& notes) const {
        if (error_ == ENOENT || error_ == ENXIO) {
            notes.push_back(path_ + " is not there: load the Linux module \"msr\" as root (modprobe msr)");
        } else if (error_ != 0) {
            notes.push_back(fmt::format("{} can't be opened ({}): run as root", path_, std::strerror(error_)));
        } else if (refused_) {
            notes.emplace_back("the processor refused some MSRs, although CPUID announces them");
        }
    }

private:
    std::string path_;
    Descriptor msrs_;
    int error_;
    bool refused_ = false;
};

} // namespace

ProcessorFacts read_processor(unsigned number) {
    const Pinned pinned(number);
    UserModeReader reader(number);
    ProcessorFacts facts;
    facts.number = number;
    facts.capabilities = arch::read_capabilities(reader);
    // With the device's path per processor, equal processors would look different.
    facts.source = reader.source().starts_with("CPUID and") ? "CPUID and /dev/cpu/*/msr" : "CPUID";
    if (facts.capabilities.vmx()) {
        reader.explain(facts.notes); // without VMX no MSR would change the verdict
    }
    if (!pinned.ok()) {
        facts.notes.push_back(fmt::format("this program may not run on processor {}: CPUID is another one's", number));
    }
    return facts;
}

} // namespace nadir::tool
