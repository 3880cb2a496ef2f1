// SPDX-License-Identifier: MIT OR GPL-2.0-only
// cpu/exit.S itself, in a program: the processor refuses its VMREAD, VMWRITE and VMRESUME, and a signal handler carries them
// out instead. So each case can be shown, those among them that emulators don't: Bochs 2.7 has cleared RFLAGS.RF before an
// exit, and makes the trap of a single step pending itself.
#include <csignal>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <vector>

#include <gtest/gtest.h>
#include <sys/ucontext.h>

#include "cpu/abi.h"
#include "cpu/exit_path.h"

extern "C" {
void nadir_cpu_exit_entry();
void nadir_cpu_general_exit_entry();
}

namespace {

enum Register { rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15, registers };
constexpr int in_context[registers] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                                       REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};

// As cpu/exit.S knows it: places for the registers at its beginning, the stack below.
struct alignas(64) Context {
    uint8_t stack[16384];
    uint64_t place[registers];
    uint8_t between[NADIR_VCPU_CPUID_EXITS - sizeof(place)];
    uint64_t cpuids;
};

// What there is of the machine while an exit is handled.
struct Machine {
    Context context{};
    std::map<uint64_t, uint64_t> field;
    std::vector<uint64_t> written; // the fields, in order
    uint64_t guest[registers]{};   // before the exit, and as it goes on
    void (*entry)() = nullptr;
    ucontext_t program{}; // where the test goes on
    // What the C++ half saw, and what it answers.
    std::vector<const char*> called;
    uint64_t seen[registers]{};
    uint32_t answer = NADIR_EXIT_RESUME;
    std::optional<uint64_t> new_rax;
};
Machine* machine;

constexpr uint8_t start_mark[] = {0x0F, 0x0B};
constexpr uint8_t vmresume[] = {0x0F, 0x01, 0xC3};

template <std::size_t size>
bool is(const uint8_t* code, const uint8_t (&instruction)[size]) {
    return std::memcmp(code, instruction, size) == 0;
}

// The general registers and where to go on; what else is in a context stays.
void load(ucontext_t& context, const ucontext_t& from) {
    std::memcpy(context.uc_mcontext.gregs, from.uc_mcontext.gregs, sizeof(from.uc_mcontext.gregs));
}

void begin_exit(ucontext_t& context) {
    context.uc_mcontext.gregs[REG_RIP] += sizeof(start_mark);
    load(machine->program, context);
    for (unsigned i = 0; i < registers; ++i) {
        context.uc_mcontext.gregs[in_context[i]] = static_cast<greg_t>(machine->guest[i]);
    }
    context.uc_mcontext.gregs[REG_RSP] = reinterpret_cast<greg_t>(machine->context.place);
    context.uc_mcontext.gregs[REG_RIP] = reinterpret_cast<greg_t>(machine->entry);
}

void end_exit(ucontext_t& context) {
    for (unsigned i = 0; i < registers; ++i) {
        machine->guest[i] = static_cast<uint64_t>(context.uc_mcontext.gregs[in_context[i]]);
    }
    load(context, machine->program);
}

// VMREAD r/m64, r64 and VMWRITE r64, r/m64 between registers, with or without REX. False: another instruction.
bool access_field(ucontext_t& context, const uint8_t* code) {
    auto& gregs = context.uc_mcontext.gregs;
    const uint8_t rex = (code[0] & 0xF0) == 0x40 ? code[0] : 0;
    const uint8_t* at = code + (rex != 0 ? 1 : 0);
    if (at[0] != 0x0F || (at[1] != 0x78 && at[1] != 0x79) || at[2] < 0xC0) {
        return false;
    }
    greg_t& reg = gregs[in_context[(at[2] >> 3 & 7) | (rex & 4) << 1]];
    greg_t& rm = gregs[in_context[(at[2] & 7) | (rex & 1) << 3]];
    if (at[1] == 0x78) {
        rm = static_cast<greg_t>(machine->field.at(static_cast<uint64_t>(reg)));
    } else {
        machine->field[static_cast<uint64_t>(reg)] = static_cast<uint64_t>(rm);
        machine->written.push_back(static_cast<uint64_t>(reg));
    }
    gregs[REG_RIP] += at + 3 - code;
    return true;
}

void on_signal(int, siginfo_t*, void* argument) {
    auto& context = *static_cast<ucontext_t*>(argument);
    const auto* code = reinterpret_cast<const uint8_t*>(context.uc_mcontext.gregs[REG_RIP]);
    if (is(code, start_mark)) {
        begin_exit(context);
    } else if (is(code, vmresume)) {
        end_exit(context);
    } else if (!access_field(context, code)) {
        std::signal(SIGILL, SIG_DFL);
        std::signal(SIGSEGV, SIG_DFL);
    }
}

uint32_t note(const char* name, const void* vcpu) {
    machine->called.push_back(name);
    std::memcpy(machine->seen, vcpu, sizeof(machine->seen));
    if (machine->new_rax) {
        machine->context.place[rax] = *machine->new_rax;
    }
    return machine->answer;
}

} // namespace

extern "C" {
NADIR_CPU_ABI uint32_t nadir_handle_exit(void* vcpu) { return note("first", vcpu); }
NADIR_CPU_ABI uint32_t nadir_handle_exit_with_all_registers(void* vcpu) {
    machine->answer = NADIR_EXIT_RESUME;
    return note("all", vcpu);
}
NADIR_CPU_ABI uint32_t nadir_handle_watched_exit(void* vcpu) { return note("watched", vcpu); }
NADIR_CPU_ABI void nadir_first_exit(void*) {}
NADIR_CPU_ABI void nadir_resume_failed(void*, uint32_t) { std::abort(); }
NADIR_CPU_ABI void nadir_leave_from_root(void*) { std::abort(); }
}

namespace nadir::test {
namespace {

class ExitEntry : public testing::Test {
protected:
    ExitEntry() {
        machine = &machine_;
        signals_.ss_sp = signal_stack_.data();
        signals_.ss_size = signal_stack_.size();
        sigaltstack(&signals_, &signals_before_);
        struct sigaction action {};
        action.sa_sigaction = on_signal;
        action.sa_flags = SA_SIGINFO | SA_ONSTACK;
        sigaction(SIGILL, &action, &illegal_before_);
        sigaction(SIGSEGV, &action, &segment_before_); // in VMX operation of a system beneath, CPL 3 gets #GP
        machine_.entry = nadir_cpu_exit_entry;
        for (unsigned i = 0; i < registers; ++i) {
            machine_.guest[i] = 0x1111'0000'0000'0000 * (i % 8) + 0xABC'0000 + i;
        }
        machine_.guest[rax] = 0;
        machine_.guest[rcx] = 0;
        machine_.field = {{NADIR_FIELD_EXIT_REASON, NADIR_EXIT_REASON_CPUID},
                          {NADIR_FIELD_GUEST_RFLAGS, 0x202},
                          {NADIR_FIELD_INTERRUPTIBILITY, 0},
                          {NADIR_FIELD_GUEST_RIP, 0x40'1000},
                          {NADIR_FIELD_INSTRUCTION_LENGTH, 2}};
    }
    ~ExitEntry() override {
        sigaction(SIGILL, &illegal_before_, nullptr);
        sigaction(SIGSEGV, &segment_before_, nullptr);
        sigaltstack(&signals_before_, nullptr);
        machine = nullptr;
    }

    // One exit, from HOST_RIP to VMRESUME.
    void exit() {
        std::memcpy(before_, machine_.guest, sizeof(before_));
        machine_.called.clear();
        machine_.written.clear();
        asm volatile("ud2" : : : "memory");
    }

    // Every register but these is as it was.
    bool kept(std::initializer_list<Register> but) const {
        for (unsigned i = 0; i < registers; ++i) {
            bool may_differ = i == rsp; // the guest's is in the VMCS
            for (const Register r : but) {
                may_differ |= i == r;
            }
            if (!may_differ && machine_.guest[i] != before_[i]) {
                ADD_FAILURE() << "register " << i << ": " << std::hex << before_[i] << " became " << machine_.guest[i];
                return false;
            }
        }
        return true;
    }

    bool answered_at_once() {
        exit();
        return machine_.called.empty() && kept({rax, rbx, rcx, rdx});
    }

    // The C++ half got the exit, with the guest's registers, and nothing was done to the guest before.
    bool left_to_the_general_path(bool with_rbx = true) {
        const uint64_t counted = machine_.context.cpuids;
        exit();
        for (const Register r : {rax, rcx, rdx, rbx, rsi, rdi, r8, r9, r10, r11}) {
            EXPECT_TRUE(machine_.seen[r] == before_[r] || (r == rbx && !with_rbx)) << "register " << r;
        }
        return machine_.called == std::vector{"first"} && machine_.written.empty() &&
               machine_.context.cpuids == counted && (with_rbx ? kept({}) : kept({rbx}));
    }

    Machine machine_;

private:
    std::vector<uint8_t> signal_stack_ = std::vector<uint8_t>(65536);
    stack_t signals_{}, signals_before_{};
    struct sigaction illegal_before_ {
    }, segment_before_{};
    uint64_t before_[registers]{};
};

TEST_F(ExitEntry, AnswersTheCommonCpuid) {
    machine_.guest[rax] = 0xFFFF'FFFF'8000'0000; // a leaf that doesn't change
    ASSERT_TRUE(answered_at_once());
    uint32_t a = 0x8000'0000, b = 0, c = 0, d = 0;
    asm volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    EXPECT_EQ(machine_.guest[rax], a) << "and its upper half is 0";
    EXPECT_EQ(machine_.guest[rbx], b);
    EXPECT_EQ(machine_.guest[rcx], c);
    EXPECT_EQ(machine_.guest[rdx], d);
    EXPECT_EQ(machine_.written, std::vector<uint64_t>{NADIR_FIELD_GUEST_RIP});
    EXPECT_EQ(machine_.field[NADIR_FIELD_GUEST_RIP], 0x40'1002u);
    EXPECT_EQ(machine_.context.cpuids, 1u);
}

TEST_F(ExitEntry, BelievesTheLength) {
    machine_.field[NADIR_FIELD_INSTRUCTION_LENGTH] = 15;
    ASSERT_TRUE(answered_at_once());
    EXPECT_EQ(machine_.field[NADIR_FIELD_GUEST_RIP], 0x40'100Fu);
}

TEST_F(ExitEntry, LeavesTheFlagsOfDebuggingToTheGeneralPath) {
    constexpr uint64_t tf = 1 << 8, rf = 1 << 16;
    for (const uint64_t flags : {tf, rf, tf | rf}) {
        machine_.field[NADIR_FIELD_GUEST_RFLAGS] = 0x202 | flags;
        EXPECT_TRUE(left_to_the_general_path()) << std::hex << flags;
    }
    // All other flags are none of its business.
    machine_.field[NADIR_FIELD_GUEST_RFLAGS] = 0x3F'FFFF & ~(tf | rf);
    EXPECT_TRUE(answered_at_once());
}

TEST_F(ExitEntry, LeavesTheEndOfAShadowToTheGeneralPath) {
    for (const uint64_t shadow : {1u, 2u}) { // STI, MOV SS
        machine_.field[NADIR_FIELD_INTERRUPTIBILITY] = shadow;
        EXPECT_TRUE(left_to_the_general_path()) << shadow;
    }
    machine_.field[NADIR_FIELD_INTERRUPTIBILITY] = 8; // blocking by NMI doesn't end
    EXPECT_TRUE(answered_at_once());
}

TEST_F(ExitEntry, LeavesTheWrapAtFourGibToTheGeneralPath) {
    for (const uint64_t rip : {0xFFFF'FFFEull, 0xFFFF'FFFFull, 0xFFFF'FFFF'FFFF'FFFEull}) {
        machine_.field[NADIR_FIELD_GUEST_RIP] = rip;
        EXPECT_TRUE(left_to_the_general_path(false)) << std::hex << rip; // RBX will be CPUID's in any case
    }
    machine_.field[NADIR_FIELD_GUEST_RIP] = 0xFFFF'FFFD;
    EXPECT_TRUE(answered_at_once());
    EXPECT_EQ(machine_.field[NADIR_FIELD_GUEST_RIP], 0xFFFF'FFFFu);
    machine_.field[NADIR_FIELD_GUEST_RIP] = 0xFFFF'FFFF'8000'0000; // the upper half is kept
    EXPECT_TRUE(answered_at_once());
    EXPECT_EQ(machine_.field[NADIR_FIELD_GUEST_RIP], 0xFFFF'FFFF'8000'0002u);
}

TEST_F(ExitEntry, LeavesWhatFollowsTheGuestToTheGeneralPath) {
    for (const uint32_t leaf : {1u, 7u, 0x19u, 0x8000'0001u}) {
        machine_.guest[rax] = leaf;
        EXPECT_TRUE(left_to_the_general_path()) << leaf;
    }
}

TEST_F(ExitEntry, LeavesOtherReasonsToTheGeneralPath) {
    for (const uint64_t reason : {31u, 0x8000'000Au, 0x1000'000Au}) { // RDMSR; CPUID's number with a flag above it
        machine_.field[NADIR_FIELD_EXIT_REASON] = reason;
        EXPECT_TRUE(left_to_the_general_path()) << std::hex << reason;
    }
}

TEST_F(ExitEntry, WithEveryExitRecordedTheCommonCpuidIsNoExceptionEither) {
    machine_.entry = nadir_cpu_general_exit_entry;
    EXPECT_TRUE(left_to_the_general_path());
}

TEST_F(ExitEntry, WhatTheHandlerWritesIsWhatTheGuestGets) {
    machine_.field[NADIR_FIELD_EXIT_REASON] = 31;
    machine_.new_rax = 0x1234'5678'9ABC'DEF0;
    exit();
    EXPECT_EQ(machine_.guest[rax], 0x1234'5678'9ABC'DEF0u);
    EXPECT_TRUE(kept({rax}));
}

TEST_F(ExitEntry, TheSecondHandlerHasAllRegisters) {
    machine_.field[NADIR_FIELD_EXIT_REASON] = 18;
    machine_.answer = NADIR_EXIT_ALL_REGISTERS;
    exit();
    EXPECT_EQ(machine_.called, (std::vector{"first", "all"}));
    for (unsigned i = 0; i < registers; ++i) {
        if (i != rsp) {
            EXPECT_EQ(machine_.seen[i], machine_.guest[i]) << "register " << i;
        }
    }
    EXPECT_TRUE(kept({}));
}

} // namespace
} // namespace nadir::test
