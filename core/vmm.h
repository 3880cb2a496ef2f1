// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The VMM context: what the processors share. It lies in the arena, which the guest can't see once the EPT is in use.
#pragma once

#include <cstdint>

#include "arch/capabilities.h"
#include "arch/vmx/controls.h"
#include "arch/vmx/ept.h"
#include "check/support.h"
#include "core/memory/ept.h"
#include "core/plan/plan.h"
#include "core/vcpu.h"
#include "core/views/views.h"

namespace nadir::core {

namespace gdb {
struct Debugger;
}

// The arena: one shared chunk (VMM context, image copy, page tables, EPT) and chunks with the blocks of the processors.
inline constexpr uint32_t max_chunks = 32;
inline constexpr uint32_t max_processors = check::processors_supported;

struct Chunk {
    uint8_t* address;
    uint64_t physical;
    uint64_t bytes;
};

// Where things are in the shared chunk, in pages from its beginning; the VMM context is at 0.
struct SharedLayout {
    uint64_t idt, msr_bitmap, plans, hidden, image, root_tables, ept, views, debugger, end;
    uint32_t root_table_pages, ept_pages, view_pool_pages;
    uint32_t copy_chunk; // behind the processors' chunks: the first one of copies of hidden pages (core/views/views.h)
};

// The VM-execution, exit and entry controls, chosen once from the first processor's capabilities.
struct Controls {
    arch::PinControls pin;
    arch::PrimaryControls primary;
    arch::SecondaryControls secondary;
    arch::ExitControls exit;
    arch::EntryControls entry;
};

struct Vmm {
    uint64_t signature; // vmm_signature(): what a guest must not find
    uint64_t key;       // what a hypercall must know
    nadir_options options;
    arch::Capabilities capabilities;
    Controls controls;

    uint32_t processor_count;
    uint32_t chunk_count;
    Chunk chunks[max_chunks]; // [0] is the shared one, which begins with this structure
    SharedLayout layout;

    // Root mode's address space and interrupt descriptors.
    uint64_t root_cr3;
    uint64_t idt; // the page of build_idts: linear address, the same in the system's address space and in root mode's
    uint64_t windows; // linear address of processor 0's page for core/memory/guest_memory.h; the others' lie behind
    // Behind all windows lie the rings of core/events/event.h.
    uint64_t* window_entries; // root mode's page-table entries of these pages
    uint64_t image_base;      // lowest address of the image: what a fault report counts from
    uint64_t code_base;       // of its code
    uint64_t code_bytes;

    EptPlan ept;
    arch::Eptp eptp;
    uint32_t ept_lock;  // who changes the tables: core/memory/ept_lock.h
    uint32_t com1_turn; // who writes a line to COM1: core/root/com1.h

    uint64_t msr_bitmap_physical;
    Plan plans[plan_copies];
    uint32_t present_plan;              // the one to be taken, or none_of_both
    uint32_t plan_in_work;              // the one that may be changed, or none_of_both
    uint64_t rule_answers[NADIR_RULES]; // by slot: how often
    Views* views;                       // null: no memory for them was asked for
    uint64_t root_cr4;                  // HOST_CR4
    gdb::Debugger* debugger;            // null: the start didn't ask for one

    Vcpu** vcpus; // processor_count of them, behind this structure
};

// "NadirVMM", to be found in a dump of memory (and by the test that the guest doesn't find it). The code has its complement:
// of the host's image, which the guest can read, it is no part either.
inline uint64_t vmm_signature() {
    uint64_t complement = ~uint64_t{0x4D4D'5672'6964'614E};
    asm("" : "+r"(complement));
    return ~complement;
}

} // namespace nadir::core
