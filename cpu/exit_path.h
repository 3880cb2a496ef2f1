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

/* Leaves that go the general way (core/exits/cpuid.h), as a set of bits, each the leaf's number modulo 32: 1 (OSXSAVE) and
 * with it 80000001H (SYSCALL), 7 (OSPKE), 19H (AESKLE). Leaves that share a bit take the same way, which answers them, too. */
#define NADIR_CPUID_GENERAL_LEAVES 0x02000082

/* What C++ answers (core/exit_loop.cpp). */
#define NADIR_EXIT_RESUME 0
#define NADIR_EXIT_LEAVE 1
#define NADIR_EXIT_ALL_REGISTERS 2

/* In the vcpu context: the leaves that go the general way of a processor with a plan; the count of CPUID exits. */
#define NADIR_VCPU_PLANNED_LEAVES 172
#define NADIR_VCPU_CPUID_EXITS 256
