// SPDX-License-Identifier: MIT OR GPL-2.0-only
// How root mode calls an extension: by one function and one description of it, whose names have its number. All calls are direct,
// and where a callback doesn't exist nothing is called. Included by core/extensions/extension.h, behind what it needs.
#pragma once

#include "core/extensions/extension.h"

namespace nadir::extension {

// What an extension is and wants, as constants.
struct Description {
    std::string_view name;
    About about;
    std::span<const uint32_t> cpuid_leaves;
    std::span<const MsrRange> read_msrs, written_msrs;
    std::span<const std::string_view> counters;
    bool wants_system_calls, wants_hooks, wants_memory;
};

// One call of a callback: what it is given and gives back.
struct Call {
    enum class Kind : uint8_t { start, stop, cpuid, read_msr, write_msr, system_call, hook, memory_access };

    Kind kind;
    Answer answer = Answer::pass;
    uint32_t number = 0;    // leaf, MSR
    uint32_t subnumber = 0; // subleaf
    uint64_t value = 0;     // of the MSR; the hook's address
    CpuidAnswer cpuid = {};
    MemoryAccess access = {};
};

constexpr bool are_sound(std::span<const MsrRange> ranges) {
    bool sound = true;
    for (const MsrRange range : ranges) {
        sound = sound && range.first <= range.last && range.last - range.first < 8192;
    }
    return sound;
}

template <typename Type>
constexpr Description describe(std::string_view name) {
    constexpr bool cpuid = requires { &Type::cpuid; };
    constexpr bool read_msr = requires { &Type::read_msr; };
    constexpr bool write_msr = requires { &Type::write_msr; };
    constexpr bool system_call = requires { &Type::system_call; };
    constexpr bool hook = requires { &Type::hook; };
    constexpr bool memory = requires { &Type::memory_access; };
    static_assert(
        requires { Type::about.version; }, "an extension says what it is: static constexpr About about{...}");
    static_assert(
        cpuid == requires { Type::cpuid_leaves[0]; }, "cpuid() and cpuid_leaves go together");
    static_assert(
        read_msr == requires { Type::read_msrs[0]; }, "read_msr() and read_msrs go together");
    static_assert(
        write_msr == requires { Type::written_msrs[0]; }, "write_msr() and written_msrs go together");
    static_assert(
        cpuid || read_msr || write_msr || system_call || hook || memory || requires { &Type::start; },
        "an extension has a callback: is its name right, and is it static and public?");
    // Root mode marks each of them in a bitmap, which has no more of a kind.
    if constexpr (read_msr) {
        static_assert(are_sound(Type::read_msrs), "read_msrs: first <= last, at most 8192 of them");
    }
    if constexpr (write_msr) {
        static_assert(are_sound(Type::written_msrs), "written_msrs: first <= last, at most 8192 of them");
    }
    Description d{name, Type::about, {}, {}, {}, {}, system_call, hook, memory};
    if constexpr (cpuid) {
        d.cpuid_leaves = Type::cpuid_leaves;
    }
    if constexpr (read_msr) {
        d.read_msrs = Type::read_msrs;
    }
    if constexpr (write_msr) {
        d.written_msrs = Type::written_msrs;
    }
    if constexpr (requires { Type::counters[0]; }) {
        d.counters = Type::counters;
        static_assert(std::size(Type::counters) <= counters_shown, "so many counters aren't shown: counters_shown");
    }
    return d;
}

template <typename Type>
void dispatch(Processor& processor, Call& call) {
    switch (call.kind) {
    case Call::Kind::start:
        if constexpr (requires { &Type::start; }) {
            Type::start(processor);
        }
        break;
    case Call::Kind::stop:
        if constexpr (requires { &Type::stop; }) {
            Type::stop(processor);
        }
        break;
    case Call::Kind::cpuid:
        if constexpr (requires { &Type::cpuid; }) {
            Type::cpuid(processor, call.number, call.subnumber, call.cpuid);
        }
        break;
    case Call::Kind::read_msr:
        if constexpr (requires { &Type::read_msr; }) {
            call.answer = Type::read_msr(processor, call.number, call.value);
        }
        break;
    case Call::Kind::write_msr:
        if constexpr (requires { &Type::write_msr; }) {
            call.answer = Type::write_msr(processor, call.number, call.value);
        }
        break;
    case Call::Kind::system_call:
        if constexpr (requires { &Type::system_call; }) {
            Type::system_call(processor);
        }
        break;
    case Call::Kind::hook:
        if constexpr (requires { &Type::hook; }) {
            call.answer = Type::hook(processor, call.value);
        }
        break;
    case Call::Kind::memory_access:
        if constexpr (requires { &Type::memory_access; }) {
            call.answer = Type::memory_access(processor, call.access);
        }
        break;
    }
}

} // namespace nadir::extension

// The build gives each extension's file its number and its name.
#define NADIR_EXTENSION_JOIN(front, number, back) front##number##back
#define NADIR_EXTENSION_SYMBOL(number, back) NADIR_EXTENSION_JOIN(nadir_extension_, number, back)
#define NADIR_EXTENSION(Type)                                                                                          \
    extern "C" {                                                                                                       \
    extern const nadir::extension::Description NADIR_EXTENSION_SYMBOL(NADIR_EXTENSION_NUMBER, _description);           \
    constexpr nadir::extension::Description NADIR_EXTENSION_SYMBOL(NADIR_EXTENSION_NUMBER, _description) =             \
        nadir::extension::describe<Type>(NADIR_EXTENSION_NAME);                                                        \
    void NADIR_EXTENSION_SYMBOL(NADIR_EXTENSION_NUMBER, _call)(nadir::extension::Processor & processor,                \
                                                               nadir::extension::Call& call) {                         \
        nadir::extension::dispatch<Type>(processor, call);                                                             \
    }                                                                                                                  \
    }
