// SPDX-License-Identifier: MIT OR GPL-2.0-only
// An MSR filter: IA32_LSTAR, where every system call begins, is written once. Who comes later with another address (a rootkit that
// wants to be called first) gets #GP, as for a value that the processor doesn't take. [SDM2 "WRMSR", SDM4 "IA32_LSTAR"]
#include "core/extensions/extension.h"

using namespace nadir::extension;

namespace {

constexpr uint32_t ia32_lstar = 0xC000'0082;
// No processor has this MSR, so without the extension RDMSR raises #GP.
constexpr uint32_t mailbox = 0x4E61'6469;

enum Counter : unsigned { written, refused };

struct MsrFilter {
    static constexpr About about{"1.0", "keeps IA32_LSTAR as it was first written"};
    static constexpr std::string_view counters[] = {"written", "refused"};

    // One bit in the MSR bitmap for each: accesses to other MSRs don't exit.
    static constexpr MsrRange written_msrs[] = {{ia32_lstar, ia32_lstar}};
    static constexpr MsrRange read_msrs[] = {{mailbox, mailbox}};

    static Answer write_msr(Processor& processor, uint32_t msr, uint64_t& value) {
        // What the processor has now: 0 after a reset.
        const uint64_t present = processor.msr(msr).value_or(0);
        if (present == 0 || present == value) {
            processor.count(written);
            return Answer::
                pass; // the next extension is asked, and at last the processor, which may have its own objections
        }
        processor.count(refused);
        processor.log("LSTAR refused", value, processor.rip());
        processor.word(0) = value; // remembered: memory of this extension's, on this processor
        return Answer::refuse;
    }

    // A way to ask from the system: the address that was refused last, on this processor.
    static Answer read_msr(Processor& processor, uint32_t, uint64_t& value) {
        value = processor.word(0);
        return Answer::done;
    }
};

} // namespace

NADIR_EXTENSION(MsrFilter)
