// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "hosts/windows/nmi.h"

#include "hosts/windows/affinity.h"
#include "hosts/windows/host.h"
#include "hosts/windows/instructions.h"

namespace nadir::windows {

namespace {

constexpr ULONG pool_tag = 0x696D4E4E; // "NNmi", as tools show it

// [SDM3 "Advanced Programmable Interrupt Controller (APIC)"]
constexpr nadir_u32 msr_apic_base = 0x1B;
constexpr nadir_u64 apic_base_x2apic = 1u << 10;
constexpr nadir_u64 apic_base_address = 0x000F'FFFF'FFFF'F000;
constexpr nadir_u32 msr_x2apic_icr = 0x830;
constexpr nadir_u32 icr_low = 0x300 / sizeof(nadir_u32);
constexpr nadir_u32 icr_high = 0x310 / sizeof(nadir_u32);
constexpr nadir_u32 icr_high_destination_shift = 24;
constexpr nadir_u32 icr_send_pending = 1u << 12;
constexpr nadir_u32 icr_nmi_assert = 4u << 8 | 1u << 14; // delivery mode NMI, physical destination, level assert

struct Target {
    nadir_u32 apic_id;
    nadir_u32 reachable;
    nadir_u32 sent; // an NMI is on its way that nobody has taken yet
};

constinit Target* targets = nullptr;
constinit nadir_u32 count = 0;
constinit PVOID registration = nullptr;
constinit volatile nadir_u32* apic = nullptr; // where it isn't reached by MSRs

bool is_x2apic() { return (read_msr(msr_apic_base) & apic_base_x2apic) != 0; }

nadir_u32 own_apic_id() {
    constexpr nadir_u32 leaf_topology = 0xB;
    if (cpuid(0).eax >= leaf_topology) {
        const CpuidResult topology = cpuid(leaf_topology);
        if (topology.ebx != 0) {
            return topology.edx;
        }
    }
    return cpuid(1).ebx >> 24;
}

// At HIGH_LEVEL, in an NMI of Windows' own.
BOOLEAN take(PVOID, BOOLEAN handled) {
    const ULONG processor = KeGetCurrentProcessorNumberEx(nullptr);
    if (processor < count && __atomic_exchange_n(&targets[processor].sent, 0, __ATOMIC_ACQ_REL) != 0) {
        return TRUE;
    }
    return handled;
}

bool map_apic() {
    if (is_x2apic()) {
        return true;
    }
    PHYSICAL_ADDRESS base;
    base.QuadPart = static_cast<LONGLONG>(read_msr(msr_apic_base) & apic_base_address);
    apic = static_cast<volatile nadir_u32*>(MmMapIoSpaceEx(base, NADIR_PAGE_SIZE, PAGE_READWRITE | PAGE_NOCACHE));
    return apic != nullptr;
}

// The last command of this processor, which may be Windows', is on its way to the others before the next one may overwrite it.
// An APIC that doesn't get there in so many reads, a millisecond or more, won't; and a processor that hangs must be reached.
void wait_for_last_command() {
    constexpr unsigned most_reads = 10'000;
    for (unsigned i = 0; i < most_reads && (apic[icr_low] & icr_send_pending) != 0; ++i) {
        __builtin_ia32_pause();
    }
}

} // namespace

bool nmi_init() {
    count = nadir_host_processor_count();
    const SIZE_T bytes = SIZE_T{count} * sizeof(Target);
    targets = static_cast<Target*>(ExAllocatePoolWithTag(NonPagedPoolNx, bytes, pool_tag));
    if (targets == nullptr) {
        return false;
    }
    __builtin_memset(targets, 0, bytes);
    for (nadir_u32 i = 0; i < count; ++i) {
        nmi_learn(i);
    }
    if (map_apic()) {
        registration = KeRegisterNmiCallback(take, nullptr);
    }
    if (registration == nullptr) {
        nmi_exit();
        return false;
    }
    return true;
}

void nmi_exit() {
    if (registration != nullptr) {
        KeDeregisterNmiCallback(registration);
        registration = nullptr;
    }
    if (apic != nullptr) {
        MmUnmapIoSpace(const_cast<nadir_u32*>(apic), NADIR_PAGE_SIZE);
        apic = nullptr;
    }
    if (targets != nullptr) {
        ExFreePoolWithTag(targets, pool_tag);
        targets = nullptr;
    }
}

void nmi_learn(nadir_u32 processor) {
    const OnProcessor there{processor};
    // Where the thread really is says the number: the call that moves it answers nothing, and an NMI to a wrong one is a crash.
    const InterruptsOff off;
    if (targets != nullptr && processor < count && there.moved() &&
        KeGetCurrentProcessorNumberEx(nullptr) == processor) {
        targets[processor].apic_id = own_apic_id();
        __atomic_store_n(&targets[processor].reachable, 1, __ATOMIC_RELEASE);
    }
}

void nmi_send(nadir_u32 processor) {
    if (processor >= count || __atomic_load_n(&targets[processor].reachable, __ATOMIC_ACQUIRE) == 0) {
        return;
    }
    Target& target = targets[processor];
    __atomic_store_n(&target.sent, 1, __ATOMIC_RELEASE);
    // The two halves of the command belong together.
    const InterruptsOff off;
    if (apic == nullptr) {
        // A write to these MSRs waits for no store before it: the NMI could come before `sent` does. (No emulator shows that.)
        complete_stores();
        write_msr(msr_x2apic_icr, nadir_u64{target.apic_id} << 32 | icr_nmi_assert);
    } else {
        wait_for_last_command();
        apic[icr_high] = target.apic_id << icr_high_destination_shift;
        apic[icr_low] = icr_nmi_assert;
    }
}

} // namespace nadir::windows
