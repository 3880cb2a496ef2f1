// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * What is measured and checked in a guest of any hypervisor, in 64-bit mode with all rights. The same objects are linked
 * into a program of KVM's (kvm.c) and a UEFI application (efi.c): only what prints, and what is mapped, differs.
 *
 * Written for any compiler and any calling convention: what crosses a border between objects is System V's.
 */
#pragma once

#include <stdint.h>

#define PEERS_SYSV __attribute__((sysv_abi))

/* A CPUID with a prefix, of which only two bytes are skipped, ends in a store to 100006EBH; see prefixed_cpuid(). */
#define PEERS_TRAP_PAGE 0x10000000u

struct peers_environment {
    void (*put)(char letter) PEERS_SYSV;
    volatile uint32_t* apic; /* the local APIC's registers (xAPIC); NULL: none, and its check isn't run */
    int trap_page;           /* the page PEERS_TRAP_PAGE is memory that may be written */
    int virtualised; /* a hypervisor is expected: stop in the emulator's debugger, and be unkind to it at the end */
    int wrap_first;  /* of the unkind: what ends the machine hides those behind it */
};

/* With interrupts disabled meanwhile. Everything is as before then, but that the local APIC is enabled. */
PEERS_SYSV void peers_measure(const struct peers_environment* environment);
