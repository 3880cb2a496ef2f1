// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The Linux that the command runs on.
#include "tool/asked_host.h"
#include "tool/linux/device.h"
#include "tool/linux/notes.h"
#include "tool/linux/processor.h"
#include "tool/linux/screen.h"
#include "tool/linux/serial.h"
#include "tool/linux/text_file.h"
#include "tool/system.h"
#include "tool/x86/cpuid.h"

#include <csignal>
#include <fmt/format.h>
#include <poll.h>
#include <thread>
#include <unistd.h>
#include <x86intrin.h>

namespace nadir::tool {

namespace {

volatile std::sig_atomic_t stop_requested = 0;

void request_stop(int) { stop_requested = 1; }

// Modules that use VMX, and what they belong to.
constexpr struct {
    const char* module;
    const char* product;
} hypervisors[] = {
    {"kvm_intel", "KVM"},
    {"vboxdrv", "VirtualBox"},
    {"vmmon", "VMware"},
};

constexpr SystemWords system_words = {
    "module",
    "Run it as root with the module \"msr\" (or nadir.ko) loaded, and it can see everything.",
    "the kernel log may say more (dmesg)",
    NADIR_HOOK_PAGES_USUAL,
    "standard output is no terminal that can be drawn on",
};

class LinuxSystem final : public System {
public:
    LinuxSystem() {
        // Without SA_RESTART, so that a waiting call ends. Only `log --follow` and `trace` wait; the default would do for the rest.
        struct sigaction action {};
        action.sa_handler = request_stop;
        sigaction(SIGINT, &action, nullptr);
        sigaction(SIGTERM, &action, nullptr);
        // `nadir log --follow | head`: writing then fails, and the command ends by itself.
        std::signal(SIGPIPE, SIG_IGN);
    }

    [[nodiscard]] const SystemWords& words() const override { return system_words; }

    std::unique_ptr<Device> open_device() override { return open_linux_device(); }

    std::vector<unsigned> online_processors() override {
        const auto text = read_text("/sys/devices/system/cpu/online");
        std::vector<unsigned> numbers = parse_ranges(text.value_or(""));
        return numbers.empty() ? std::vector<unsigned>{0} : numbers;
    }

    ProcessorFacts facts(unsigned processor) override { return asked_.facts(*this, processor, read_processor); }

    std::string processor_name() override { return brand_string(); }

    std::uint64_t memory_available() override {
        const std::string text = read_text("/proc/meminfo").value_or("");
        const std::size_t at = text.find("MemAvailable:");
        return at == std::string::npos ? 0 : std::strtoull(text.c_str() + at + 13, nullptr, 10) * 1024;
    }

    std::vector<Rival> rivals() override {
        std::vector<Rival> found;
        for (const auto& hypervisor : hypervisors) {
            // Each virtual machine holds a reference on its module.
            const auto count = read_text(fmt::format("/sys/module/{}/refcnt", hypervisor.module));
            if (!count) {
                continue;
            }
            const bool in_use = std::strtol(count->c_str(), nullptr, 10) > 0;
            found.push_back(
                {fmt::format("{} is there (module {}, {})", hypervisor.product, hypervisor.module,
                             in_use ? "in use: its virtual machines have to end first"
                                    : "not in use: it must not start a virtual machine while Nadir is active"),
                 in_use});
        }
        return found;
    }

    KernelSymbols kernel_symbols(std::span<const std::string> /*modules*/) override {
        const std::string source = "/proc/kallsyms";
        const std::optional<std::string> text = read_text(source);
        if (!text) {
            throw Failure(ExitStatus::failed, fmt::format("{} can't be read.", source),
                          "A file of symbols, as a System.map, does as well: --symbols FILE.");
        }
        return {*text, source};
    }

    ClockReading read_clocks() override {
        return {__rdtsc(), std::chrono::system_clock::now(), std::chrono::steady_clock::now()};
    }

    void sleep(std::chrono::milliseconds time) override {
        usleep(static_cast<useconds_t>(time.count() * 1000)); // ends early at a signal
    }

    SerialUse serial_use(nadir_u32 port) override { return linux_serial_use(port); }

    MachineNotes notes() override { return linux_notes(); }

    std::uint64_t cpuid_ticks() override { return fewest_cpuid_ticks(); }

    std::unique_ptr<Screen> open_screen() override { return open_linux_screen(); }
    std::optional<TerminalSize> terminal() override { return linux_terminal(); }

    bool interrupted() override {
        // Also when whoever reads standard output has gone, which writing would tell only at the next line.
        pollfd output{STDOUT_FILENO, 0, 0};
        return stop_requested != 0 || (poll(&output, 1, 0) > 0 && (output.revents & POLLERR) != 0);
    }

private:
    AskedHost asked_{"nadir.ko"};
};

} // namespace

std::unique_ptr<System> make_system() { return std::make_unique<LinuxSystem>(); }

std::vector<std::string> command_line(int argc, const char* const* argv) { return {argv, argv + argc}; }

} // namespace nadir::tool
