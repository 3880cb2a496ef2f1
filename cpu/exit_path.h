/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Numbers that cpu/exit.S needs, as the preprocessor gives them to assembly. C++ asserts each of them against the
 * definition that it stands for (core/exit_loop.cpp).
 */
#pragma once

/* VMCS field encodings. */
#define NADIR_FIELD_EXIT_REASON 0x4402
#define NADIR_FIELD_INSTRUCTION_LENGTH 0x440C
#define NADIR_FIELD_INTERRUPTIBILITY 0x4824
#define NADIR_FIELD_GUEST_RIP 0x681E
#define NADIR_FIELD_GUEST_RFLAGS 0x6820

#define NADIR_EXIT_REASON_CPUID 10

/* RFLAGS.TF and RFLAGS.RF; blocking by STI and by MOV SS. */
#define NADIR_RFLAGS_TF_RF 0x10100
#define NADIR_INSTRUCTION_SHADOW 3

/* Leaves that follow the guest's CR4, as a set of bits: 1 (OSXSAVE) and 7 (OSPKE). */
#define NADIR_CPUID_LEAVES_OF_CR4 0x82

/* The vcpu context: bytes of the guest's registers, places of RDX and RBX in them, and of the count of CPUID exits. */
#define NADIR_VCPU_REGISTER_BYTES 128
#define NADIR_VCPU_RDX 16
#define NADIR_VCPU_RBX 24
#define NADIR_VCPU_CPUID_EXITS 256
