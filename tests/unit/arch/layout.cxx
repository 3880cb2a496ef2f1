// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// Sizes and offsets, checked by every compiler and for every target that test_compiles_everywhere.py finds.
#include "arch/print.h"
#include "arch/registry.h"
#include "base/bits.h"
#include "base/format.h"
#include "base/memory.h"
#include "base/result.h"

#include <cstddef>
#include <type_traits>

using namespace nadir::arch;

// A register is its integer and nothing else; both ABIs pass and store it as such.
template <typename T>
constexpr bool as_wide_as_its_integer() {
    if constexpr (RegisterType<T>) {
        return sizeof(T) == sizeof(typename T::integer_type) && alignof(T) == alignof(typename T::integer_type) &&
               std::is_trivially_copyable_v<T> && std::is_standard_layout_v<T>;
    }
    return true;
}

#define NADIR_NAMED(kind, name, number, type, description) static_assert(as_wide_as_its_integer<type>(), #type);
#include "arch/registers.inc"
#undef NADIR_NAMED
#define NADIR_MSR(name, index, type, description) static_assert(as_wide_as_its_integer<type>(), #type);
#include "arch/msr/index.inc"
#undef NADIR_MSR
#define NADIR_CPUID(leaf, sub_leaf, output, type) static_assert(sizeof(cpuid::type) == 4, #type);
#include "arch/cpuid/leaves.inc"
#undef NADIR_CPUID
#define NADIR_VMCS_FIELD(name, encoding, type) static_assert(as_wide_as_its_integer<type>() && sizeof(vmcs::name) == 4);
#define NADIR_VMCS_PLAIN(name, encoding, type) NADIR_VMCS_FIELD(name, encoding, type)
#include "arch/vmx/fields.inc"
#undef NADIR_VMCS_PLAIN
#undef NADIR_VMCS_FIELD

static_assert(sizeof(std::uint64_t) == 8 && sizeof(void*) == 8);
static_assert(sizeof(SystemSegmentDescriptor) == 16 && offsetof(SystemSegmentDescriptor, high) == 8);
static_assert(sizeof(DescriptorTableRegister) == 10 && offsetof(DescriptorTableRegister, base) == 2);
static_assert(sizeof(TaskStateSegment64) == 104 && offsetof(TaskStateSegment64, ist) == 36);
static_assert(sizeof(TaskStateSegment32) == 108 && sizeof(TaskStateSegment16) == 44);
static_assert(sizeof(InterruptGate64) == 16 && offsetof(InterruptGate64, high) == 8);
static_assert(sizeof(MsrBitmap) == 4096 && alignof(MsrBitmap) == 4096 && offsetof(MsrBitmap, bytes) == 0);
static_assert(sizeof(IoBitmaps) == 8192 && alignof(IoBitmaps) == 4096);
static_assert(sizeof(InveptDescriptor) == 16 && sizeof(InvvpidDescriptor) == 16 && sizeof(InvpcidDescriptor) == 16);
static_assert(sizeof(MsrListEntry) == 16 && offsetof(MsrListEntry, value) == 8);
static_assert(sizeof(VmcsRegionHeader) == 8 && offsetof(VmcsRegionHeader, abort_indicator) == 4);
static_assert(sizeof(PostedInterruptDescriptor) == 64 && offsetof(PostedInterruptDescriptor, control) == 32);
static_assert(offsetof(VirtualizationExceptionInformation, guest_linear_address) == 16);
static_assert(offsetof(VirtualizationExceptionInformation, eptp_index) == 32);
static_assert(sizeof(UserPostedInterruptDescriptor) == 16);

// All of it is usable at compile time.
static_assert(Cr4{}.set_vmxe(true).set_pae(true).value == 0x2020);
static_assert(find_definition("ia32_efer")->number == 0xC0000080);
static_assert(find_vmcs_field(0x6800)->name == "guest_cr0");
