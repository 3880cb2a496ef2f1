// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The machine and its operating system as the commands see them, without Nadir. One implementation per system, one for
// tests.
#pragma once

#include "arch/capabilities.h"
#include "tool/device.h"
#include "tool/look/frame.h"
#include "tool/machine_notes.h"
#include "tool/serial_port.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nadir::tool {

// What one processor says about itself, and who was asked.
struct ProcessorFacts {
    unsigned number = 0;
    arch::Capabilities capabilities{};
    std::string source;             // "nadir.ko", "CPUID and /dev/cpu/0/msr", "CPUID"
    std::vector<std::string> notes; // why something could not be read, and how it could
};

// Another hypervisor of this system.
struct Rival {
    std::string text;    // "kvm_intel is loaded ..."
    bool in_use = false; // it runs virtual machines now
};

// A moment on the clocks: the log has to do with the first two, rates with the third, which nobody sets.
struct ClockReading {
    std::uint64_t ticks = 0; // time-stamp counter
    std::chrono::system_clock::time_point time{};
    std::chrono::steady_clock::time_point steady{};
};

// What this system calls things, where a command has to name them.
struct SystemWords {
    std::string_view host;        // what carries Nadir into the system: "module"
    std::string_view see_all;     // how `caps` gets to see everything; a sentence
    std::string_view messages;    // where the host's own messages are; continues a sentence
    nadir_u32 hook_pages = 0;     // what `on` keeps for hooks unless told otherwise
    std::string_view no_screen{}; // why open_screen gave none; a clause
};

// The symbols of the running kernel, as lines of `nm`, and where they were found.
struct KernelSymbols {
    std::string text;
    std::string source;
    std::string note{}; // which names there aren't, and how to get them; sentences
};

// An image of Windows, and where its names are wanted.
struct ImageWish {
    std::string file; // with its folder
    std::uint64_t base = 0;
};

struct ImageSymbols {
    std::string text;      // as lines of `nm`; empty: it has none
    bool from_pdb = false; // else only what it exports
};

class System {
public:
    System() = default;
    System(const System&) = delete;
    System& operator=(const System&) = delete;
    virtual ~System() = default;

    [[nodiscard]] virtual const SystemWords& words() const = 0;

    // Throws Failure that says why there is none.
    virtual std::unique_ptr<Device> open_device() = 0;

    virtual std::vector<unsigned> online_processors() = 0;
    // As much as can be read, without a module if need be. Never throws for a lack of rights.
    virtual ProcessorFacts facts(unsigned processor) = 0;
    virtual std::string processor_name() = 0;
    virtual std::uint64_t memory_available() = 0; // bytes, 0: unknown
    virtual std::vector<Rival> rivals() = 0;

    // Throws Failure where they can't be read. Where each module has a file of its own with names: those of these modules; of all, if
    // none is named.
    virtual KernelSymbols kernel_symbols(std::span<const std::string> modules) = 0;
    // Of an image of Windows that the file system has. Throws Failure where this system can't read them.
    virtual ImageSymbols image_symbols(const ImageWish& wish);
    // Who has the UART at this I/O port.
    virtual SerialUse serial_use(nadir_u32 /*port*/) { return {}; }
    // For a bug report.
    virtual MachineNotes notes() { return {}; }

    virtual ClockReading read_clocks() = 0;
    virtual void sleep(std::chrono::milliseconds time) = 0;
    // The fewest ticks that a CPUID took just now, of some; 0: not known.
    virtual std::uint64_t cpuid_ticks() { return 0; }

    // The terminal to draw on as a whole; none where there is none for that.
    virtual std::unique_ptr<Screen> open_screen() { return nullptr; }
    // The size of the terminal that standard output is; nothing where it is none, or one that can't go back to a line.
    virtual std::optional<TerminalSize> terminal() { return std::nullopt; }

    // A person asked to end (Ctrl-C).
    virtual bool interrupted() = 0;
};

// The one of the system that this was built for.
std::unique_ptr<System> make_system();

// The command line in UTF-8, which main's arguments aren't everywhere.
std::vector<std::string> command_line(int argc, const char* const* argv);

} // namespace nadir::tool
