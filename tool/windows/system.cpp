// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The Windows that the command runs on.
#include "tool/system.h"

#include "arch/capability_reading.h"
#include "tool/asked_host.h"
#include "tool/windows/console.h"
#include "tool/windows/device.h"
#include "tool/windows/pinned.h"
#include "tool/windows/symbols.h"
#include "tool/windows/text.h"
#include "tool/windows/virtualization.h"
#include "tool/x86/cpuid.h"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>
#include <shellapi.h>
#include <x86intrin.h>

namespace nadir::tool {

namespace {

constexpr SystemWords system_words = {
    "driver",
    "Run it as an administrator with nadir.sys loaded (it need not be on), and it can see everything.",
    "what the driver has printed may say more (DebugView, or a kernel debugger)",
    0,
    "drawing on the whole terminal is for Linux so far",
};

// A program on Windows has no way to MSRs.
class CpuidReader {
public:
    arch::CpuidRegisters cpuid(std::uint32_t leaf, std::uint32_t subleaf) { return execute_cpuid(leaf, subleaf); }
    std::optional<std::uint64_t> msr(std::uint32_t) { return std::nullopt; }
};

ProcessorFacts read_processor(unsigned number) {
    const Pinned pinned(number);
    CpuidReader reader;
    ProcessorFacts facts{number, arch::read_capabilities(reader), "CPUID", {}};
    if (facts.capabilities.vmx()) { // without it no MSR would change the verdict
        facts.notes.emplace_back("programs can't read MSRs on Windows, nadir.sys can: sc start nadir, then ask as an "
                                 "administrator");
    }
    if (!pinned.ok()) {
        facts.notes.push_back(fmt::format("this program may not run on processor {}: CPUID is another one's", number));
    }
    return facts;
}

class WindowsSystem final : public System {
public:
    [[nodiscard]] const SystemWords& words() const override { return system_words; }

    std::unique_ptr<Device> open_device() override { return open_windows_device(); }

    std::vector<unsigned> online_processors() override {
        const std::vector<unsigned> counts = processors_per_group();
        std::vector<unsigned> numbers(std::max(1u, std::accumulate(counts.begin(), counts.end(), 0u)));
        std::iota(numbers.begin(), numbers.end(), 0u);
        return numbers;
    }

    ProcessorFacts facts(unsigned processor) override { return asked_.facts(*this, processor, read_processor); }

    std::string processor_name() override { return brand_string(); }

    std::uint64_t memory_available() override {
        MEMORYSTATUSEX status{};
        status.dwLength = sizeof(status);
        return GlobalMemoryStatusEx(&status) != 0 ? status.ullAvailPhys : 0;
    }

    std::vector<Rival> rivals() override { return rivals_among(look_for_virtualization()); }

    KernelSymbols kernel_symbols(std::span<const std::string> modules) override {
        return windows_kernel_symbols(modules);
    }
    ImageSymbols image_symbols(const ImageWish& wish) override { return windows_image_symbols(wish); }

    ClockReading read_clocks() override {
        // The run-time library's own clock goes in steps of up to 16 ms.
        FILETIME time;
        GetSystemTimePreciseAsFileTime(&time);
        constexpr std::int64_t from_1601_to_1970 = 116'444'736'000'000'000;
        using HundredNanoseconds = std::chrono::duration<std::int64_t, std::ratio<1, 10'000'000>>;
        const std::int64_t since_1601 =
            static_cast<std::int64_t>(std::uint64_t{time.dwHighDateTime} << 32 | time.dwLowDateTime);
        return {__rdtsc(), std::chrono::system_clock::time_point(HundredNanoseconds(since_1601 - from_1601_to_1970)),
                std::chrono::steady_clock::now()};
    }

    void sleep(std::chrono::milliseconds time) override { console_.sleep(time); }

    std::uint64_t cpuid_ticks() override { return fewest_cpuid_ticks(); }

    bool interrupted() override { return console_.interrupted(); }

private:
    Console console_;
    AskedHost asked_{"nadir.sys"};
};

} // namespace

std::unique_ptr<System> make_system() { return std::make_unique<WindowsSystem>(); }

std::vector<std::string> command_line(int argc, const char* const* argv) {
    // main's arguments are in the system's code page, and mingw's start-up code has replaced wildcards in them.
    int count = 0;
    wchar_t** words = CommandLineToArgvW(GetCommandLineW(), &count);
    if (words == nullptr) {
        return {argv, argv + argc};
    }
    std::vector<std::string> converted(static_cast<std::size_t>(count));
    std::transform(words, words + count, converted.begin(), [](const wchar_t* word) { return to_utf8(word); });
    LocalFree(words);
    return converted;
}

} // namespace nadir::tool
