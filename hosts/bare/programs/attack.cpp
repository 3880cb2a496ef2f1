// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "hosts/bare/programs/attack.h"

#include "hosts/bare/machine/apic.h"
#include "hosts/bare/machine/faults.h"
#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/machine/memory.h"
#include "hosts/bare/machine/print.h"
#include "hosts/bare/machine/processor.h"

namespace nadir::bare {

namespace {

extern "C" void enter_user(u64 rip, u64 rsp, u64 rax, u64 rcx, u64 cs, u64 ss);
extern "C" void nadir_cpu_hypercall(void* call);
extern "C" const u8 image_base;

constexpr u32 invalid_opcode = 6;
constexpr u64 playground_bytes = 2 * page_size;

// RAX RCX RDX RSI RDI R8 R9 R10 R11, in and out: cpu/hypercall.S.
struct Call {
    u64 rax, rcx, rdx, rsi, rest[5];
};

// core/hypercall.h. Not asked for here, with the key at CPL 0, because they do what they say: leave (2), which this program
// tests in its own time; wait_for_startup (7) and start_up (9), which don't return; plan_take (16), which lets events be written
// to any memory of the guest's.
constexpr bool does_what_it_says(u64 function) {
    return function == 2 || function == 7 || function == 9 || function == 16;
}
constexpr bool exists(u64 function) {
    return (function >= 1 && function <= 20 && function != 8) || (function >= 32 && function <= 40) || function == 44 ||
           function == 48;
}

// The second is what functions of hooks say where there is no memory for them, the third is about what is no physical address.
constexpr bool is_refusal(u64 status) {
    return status == NADIR_BAD_ARGUMENT || status == NADIR_HOOKS_NOT_ASKED_FOR || status == NADIR_MEMORY_NOT_THERE;
}

u32 call(Call& registers) {
    FaultGuard guard;
    return guarded(guard, nadir_cpu_hypercall, &registers);
}

// Pointers of every kind, and numbers that are nearly right. Root mode must follow none.
u64 some_value(Random& random) {
    const u64 bits = random.next();
    switch (bits & 7) {
    case 0: return bits >> 3 & 0xFF;                                  // a processor, a field, a sequence number
    case 1: return 1ull << 62 | bits >> 8;                            // not canonical
    case 2: return reinterpret_cast<u64>(&image_base) + (bits >> 44); // where root mode has its own code
    case 3: return bits >> 36;                                        // memory, perhaps the arena
    case 4: return 0xFFFF'FFFF'FFFF'FFF8 + (bits >> 61);
    case 5: return 1ull << (bits >> 58);
    default: return bits;
    }
}

u64 some_function(Random& random) {
    const u64 bits = random.next();
    if ((bits & 1) != 0)
        return bits >> 8 & 0xF;
    if ((bits & 2) != 0)
        return bits >> 8 & 0x7F;
    return (bits & 4) != 0 ? bits : 1ull << (32 + (bits >> 59)) | (bits >> 8 & 0xF);
}

Call some_call(Random& random, u64 key) {
    Call registers{key, some_function(random), some_value(random), some_value(random), {}};
    if (random.below(2) == 0) // otherwise hardly one would get beyond the first check
        registers.rdx = random.below(processor_count() + 1);
    for (u64& value : registers.rest)
        value = some_value(random);
    return registers;
}

bool is_empty(const Call& registers) {
    u64 all = registers.rcx | registers.rdx | registers.rsi;
    for (const u64 value : registers.rest)
        all |= value;
    return all == 0;
}

void complain(Attacks& count, const char* what, u64 function, u64 answer) {
    if (count.wrong++ == 0)
        print("hostile: processor %u: %s: function %llx, answer %llx\n", this_processor().number, what, function,
              answer);
}

void expect_invalid_opcode(Attacks& count, const char* what, u32 vector) {
    if (vector == invalid_opcode)
        ++count.invalid_opcode;
    else
        complain(count, what, 0, vector);
}

void call_with_wrong_key(Random& random, u64 key, Attacks& count) {
    const u64 bits = random.next();
    u64 wrong = (bits & 1) != 0 ? key ^ 1ull << (bits >> 58) : bits;
    if ((bits & 0xF) == 0)
        wrong = key & 0xFFFF'FFFF;
    if (wrong == key)
        return;
    Call registers = some_call(random, wrong);
    registers.rcx = bits & 0xF; // also those that would switch it off
    expect_invalid_opcode(count, "a wrong key", call(registers));
}

void call_with_key(Random& random, u64 key, Attacks& count) {
    Call registers = some_call(random, key);
    const u64 function = registers.rcx;
    if (does_what_it_says(function))
        return;
    if (call(registers) != no_fault)
        return complain(count, "a fault", function, registers.rax);
    if (registers.rax == NADIR_OK && exists(function))
        ++count.answered;
    else if (is_refusal(registers.rax) && is_empty(registers))
        ++count.refused;
    else
        complain(count, "not an error and nothing else", function, registers.rax);
}

struct Entry {
    u64 rip, rsp, rax, rcx;
    u16 code, stack;
};

void enter(void* argument) {
    const Entry& e = *static_cast<const Entry*>(argument);
    // From CPL 3, the exception comes in below what is in use of this stack.
    u64 rsp;
    asm volatile("movq %%rsp, %0" : "=r"(rsp));
    this_processor().descriptors.tss.rsp[0] = round_down(rsp - 1024, 16);
    enter_user(e.rip, e.rsp, e.rax, e.rcx, e.code, e.stack);
}

// With the right key and a function that would switch it off: refused for where it comes from.
void call_from_elsewhere(Random& random, u64 key, const Playground& playground, Attacks& count) {
    struct Place {
        u16 code, stack;
    };
    constexpr Place places[] = {{selector_user_code, selector_user_data},
                                {selector_user_code32, selector_user_data},
                                {selector_code32, selector_data}};
    const Place& place = places[random.below(3)];
    Entry entry{reinterpret_cast<u64>(playground.code),
                playground.stack_top,
                key,
                random.next() & 0xF,
                place.code,
                place.stack};
    const u64 stack_before = this_processor().descriptors.tss.rsp[0];
    FaultGuard guard;
    u64 ds; // returning to CPL 3 empties it
    asm volatile("mov %%ds, %0" : "=r"(ds));
    expect_invalid_opcode(count, "from CPL 3 or compatibility mode", guarded(guard, enter, &entry));
    asm volatile("mov %0, %%ds" : : "r"(ds));
    this_processor().descriptors.tss.rsp[0] = stack_before;
    if (guard.rip != entry.rip)
        complain(count, "the fault is elsewhere", entry.rcx, guard.rip - entry.rip);
}

// Values that each processor refuses, in registers that a hypervisor has a word in.
void write_refused_value(Random& random, Attacks& count) {
    struct Write {
        u32 msr;
        u64 value;
    };
    constexpr Write writes[] = {{msr_efer, ~0ull},        {msr_efer, 0},  {0x200, 7},
                                {0x201, ~0ull},           {0x2FF, 0xFFF}, {0x277, 0xFF},
                                {msr_feature_control, 0}, {0x480, 0},     {msr_apic_base, ~0ull}};
    const Write& write = writes[random.below(sizeof writes / sizeof writes[0])];
    if (try_write_msr(write.msr, write.value))
        complain(count, "a value that no processor takes", write.msr, write.value);
}

// An instruction that another processor is just replacing: VMCALL, CPUID, NOP. Each is three bytes long, with a RET behind it: so
// none that is replaced between two instructions leaves a processor in the middle of another.
alignas(64) u64* changing_code;

void execute_changing_code(Random& random, Attacks& count) {
    constexpr u64 codes[] = {0xC3'C1'01'0F, 0xC3'A2'0F'40, 0xC3'00'1F'0F};
    __atomic_store_n(changing_code, codes[random.below(3)], __ATOMIC_SEQ_CST);
    FaultGuard guard;
    const u32 vector = guarded(
        guard,
        [](void* code) {
            u64 a = 0, c = 0;
            asm volatile("call *%2" : "+a"(a), "+c"(c) : "D"(code) : "rbx", "rdx", "memory", "cc");
        },
        changing_code);
    if (vector != no_fault)
        expect_invalid_opcode(count, "code that changes", vector);
}

} // namespace

u64 find_key(const nadir_session* session) {
    const auto* code = reinterpret_cast<const u8*>(nadir_cpu_hypercall);
    asm("" : "+r"(code));
    while (code[0] != 0x0F || code[1] != 0x01 || code[2] != 0xC1)
        ++code;
    const u64 dr0 = read_dr0();
    const u64 dr7 = read_dr7();
    constexpr u64 dr7_execution_0 = 0x401;
    write_dr0(reinterpret_cast<u64>(code));
    write_dr7(dr7_execution_0);
    FaultGuard guard{};
    guarded(
        guard,
        [](void* p) {
            nadir_state state;
            nadir_get_state(static_cast<const nadir_session*>(p), &state);
        },
        const_cast<nadir_session*>(session));
    write_dr7(dr7);
    write_dr0(dr0);
    return guard.rax;
}

bool prepare_playground(Playground& playground) {
    playground.code = static_cast<u8*>(allocate(playground_bytes));
    if (playground.code == nullptr)
        return false;
    const u64 address = reinterpret_cast<u64>(playground.code);
    for (u64 page = address; page < address + playground_bytes; page += page_size) {
        make_executable(page);
        allow_user(page, true);
    }
    playground.stack_top = address + playground_bytes;
    constexpr u8 vmcall_and_ud2[] = {0x0F, 0x01, 0xC1, 0x0F, 0x0B};
    __builtin_memcpy(playground.code, vmcall_and_ud2, sizeof vmcall_and_ud2);
    changing_code = reinterpret_cast<u64*>(playground.code + 64);
    return true;
}

void release_playground(Playground& playground) {
    const u64 address = reinterpret_cast<u64>(playground.code);
    for (u64 page = address; page < address + playground_bytes; page += page_size)
        allow_user(page, false);
    release(playground.code, playground_bytes);
}

void attack(Random& random, u64 key, const Playground& playground, Attacks& count) {
    ++count.made;
    switch (random.below(8)) {
    case 0:
    case 1: call_with_wrong_key(random, key, count); break;
    case 2:
    case 3: call_with_key(random, key, count); break;
    case 4: call_from_elsewhere(random, key, playground, count); break;
    case 5: write_refused_value(random, count); break;
    case 6: execute_changing_code(random, count); break;
    default: send_ipi(processor(random.below(processor_count())).apic_id, icr_nmi);
    }
}

} // namespace nadir::bare
