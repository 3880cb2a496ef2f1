// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What an extension is written against: the only header it includes of Nadir. docs/extensions.md is the tutorial, examples/ has
// five of them.
//
// An extension is one C++ file: a type with some of the callbacks below, all static, and a line that registers it.
//
//     #include "core/extensions/extension.h"
//     using namespace nadir::extension;
//
//     struct Hello {
//         static constexpr About about{"1.0", "answers a CPUID leaf that no processor has"};
//         static constexpr uint32_t cpuid_leaves[] = {0x4000'0000};
//         static void cpuid(Processor&, uint32_t, uint32_t, CpuidAnswer& answer) { answer.eax = 0x6F6C'6C65; }
//     };
//     NADIR_EXTENSION(Hello)
//
// It is compiled into root mode by -DNADIR_EXTENSIONS="hello.cpp;another.cpp"; its name is its file's. Callbacks and what each wants:
//
//   static constexpr About about                                                           every extension
//   static void start(Processor&)                                                          this processor has it from now on
//   static void stop(Processor&)                                                           ... and has it no longer
//
//   static constexpr uint32_t cpuid_leaves[]                                               [SDM2 "CPUID"]
//   static void cpuid(Processor&, uint32_t leaf, uint32_t subleaf, CpuidAnswer& answer)
//       `answer` is the processor's own, or what the extension before made of it.
//       Cost: a CPUID of a listed leaf takes the general way, and so do those whose number is the same modulo 32.
//
//   static constexpr MsrRange read_msrs[]                                                  [SDM2 "RDMSR"]
//   static Answer read_msr(Processor&, uint32_t msr, uint64_t& value)
//       done: `value` is what the guest reads, and the processor isn't asked. Processor::msr has its own value.
//   static constexpr MsrRange written_msrs[]                                               [SDM2 "WRMSR"]
//   static Answer write_msr(Processor&, uint32_t msr, uint64_t& value)
//       pass: the processor writes `value`, which may have been changed; done: nothing is written.
//       Cost: an exit for each access to a listed MSR in the listed direction, none for others.
//
//   static void system_call(Processor&)                                                    [SDM2 "SYSCALL"]
//       Before the SYSCALL is carried out, by any program: number and arguments are in registers, and may be changed.
//       Cost: two exits for each system call, one for SYSCALL and one for SYSRET, and one for each #UD.
//
//   static Answer hook(Processor&, uint64_t address)                                       docs/views.md
//       An instruction under a hook of kind NADIR_HOOK_CALL that names this extension, at this guest-physical address, is about to
//       be executed. pass: it is; done: RIP is where the callback put it.
//
//   static Answer memory_access(Processor&, const MemoryAccess& access)                    docs/watchpoints.md
//       An instruction wants to touch memory that a rule protects or a trace watches. pass: the rules decide; done: it may, whatever
//       they say; refuse: #GP(0), but for the processor's own accesses, which can't be refused.
//
//   static constexpr std::string_view counters[]                                           names of Processor::count
//
// Callbacks run in VMX root operation, on the processor that the exit was on, between two instructions of the guest. So they may call
// what this header declares and nothing else: nothing of the system, no allocation, no lock, no floating point or vector
// register, no writable data of their own (the build refuses each of these), and they come back soon: interrupts
// are off, and the watchdog stops a processor that doesn't. A fault in a callback stops the processor, with a report that names the
// extension.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace nadir::core {
struct Vcpu;
}

namespace nadir::extension {

// What becomes of an instruction.
enum class Answer : uint8_t {
    pass,   // what would without this extension: the next one is asked, and the processor last
    done,   // the callback has done it
    refuse, // it raises #GP(0)
};

struct About {
    std::string_view version, what;
};

struct CpuidAnswer {
    uint32_t eax, ebx, ecx, edx;
};

struct MsrRange {
    uint32_t first, last;
};

struct MemoryAccess {
    uint64_t physical; // where it begins
    uint64_t linear;   // the same, as the instruction has it; 0 where that isn't known
    uint32_t bytes;    // at most, within the page
    bool reads, writes, executes;
};

// By their encodings. [SDM2 "Instruction Format"]
enum class Register : uint8_t { rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15 };

inline constexpr unsigned counters_shown = 8;
inline constexpr unsigned words_kept = 48;

// The processor that a callback runs on, and the guest's state on it.
class Processor {
public:
    Processor(core::Vcpu& vcpu, uint32_t extension) : vcpu_(vcpu), extension_(extension) {}

    [[nodiscard]] uint32_t number() const;

    // The guest's registers, and its instruction's address. What is written holds from the next instruction on.
    [[nodiscard]] uint64_t get(Register which) const;
    void set(Register which, uint64_t value);
    [[nodiscard]] uint64_t rip() const;
    void set_rip(uint64_t rip); // for `hook`
    [[nodiscard]] uint64_t rflags() const;
    [[nodiscard]] uint64_t cr3() const; // which address space
    [[nodiscard]] unsigned privilege_level() const;
    [[nodiscard]] bool in_64_bit_mode() const;

    // For `hook` at a function's first instruction in 64-bit mode: its argument 0 to 5 by the System V convention (rdi, rsi, rdx, rcx,
    // r8, r9), and a return to its caller with this value instead of running it. False: the stack can't be read.
    [[nodiscard]] uint64_t argument(unsigned index) const;
    [[nodiscard]] bool return_from_function(uint64_t value);

    // The processor's own answer to RDMSR; nothing where it raises #GP.
    [[nodiscard]] std::optional<uint64_t> msr(uint32_t msr) const;

    // The guest's memory at a linear address, by the page tables that it uses now, as a supervisor that SMAP doesn't stop. False: some
    // of it isn't mapped, or not writable; nothing faults. A page walk for each page touched.
    bool read(uint64_t linear, void* to, uint32_t bytes) const;
    bool write(uint64_t linear, const void* from, uint32_t bytes) const;
    template <typename Value>
    [[nodiscard]] std::optional<Value> read(uint64_t linear) const {
        Value value;
        return read(linear, &value, sizeof(value)) ? std::optional{value} : std::nullopt;
    }
    // Up to a NUL or the end of `to`; what can't be read ends it, too. Returns the length.
    std::size_t read_text(uint64_t linear, std::span<char> to) const;
    // By physical address: what isn't there reads as ones.
    void read_physical(uint64_t physical, void* to, uint32_t bytes) const;
    void write_physical(uint64_t physical, const void* from, uint32_t bytes) const;

    // Counter `index` of the extension's `counters`, on this processor: `nadir extensions` shows it.
    void count(unsigned index, uint64_t by = 1) const;
    // Memory of the extension's on this processor, zero at the start; index below words_kept.
    [[nodiscard]] uint64_t& word(unsigned index) const;

    // A record in the log, info level: the first 15 letters of the text and two numbers.
    void log(std::string_view text, uint64_t first = 0, uint64_t second = 0) const;
    // A literal's length is known; compilers would call strlen for it, which root mode doesn't have.
    template <std::size_t size>
    void log(const char (&text)[size], uint64_t first = 0, uint64_t second = 0) const {
        log(std::string_view{text, size - 1}, first, second);
    }

private:
    core::Vcpu& vcpu_;
    uint32_t extension_;
};

} // namespace nadir::extension

#include "core/extensions/registration.h" // NADIR_EXTENSION
