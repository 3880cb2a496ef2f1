/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Rules: what is answered differently than the processor would (docs/reactions.md).
 */
#pragma once

#include "control/types.h"

#ifdef __cplusplus
extern "C" {
#endif

enum nadir_rule_kind {
    NADIR_RULE_CPUID = 0,     /* a register of CPUID's answer is (answer & keep) | set */
    NADIR_RULE_READ_MSR = 1,  /* RDMSR gives `set`, and the processor isn't asked */
    NADIR_RULE_WRITE_MSR = 2, /* WRMSR isn't carried out */
    NADIR_RULE_PIN = 3,       /* bits `set` of CR0 or CR4: once set, they stay */
    NADIR_RULE_PROTECT = 4,   /* writes to physical memory from `keep` to `set` (inclusive) don't happen */
    NADIR_RULE_KINDS = 5
};

enum nadir_cpuid_register { NADIR_CPUID_EAX = 0, NADIR_CPUID_EBX = 1, NADIR_CPUID_ECX = 2, NADIR_CPUID_EDX = 3 };

/* What becomes of an instruction that a rule doesn't let happen. */
enum nadir_rule_action {
    NADIR_ACTION_IGNORE = 0, /* it seems to have been carried out */
    NADIR_ACTION_REFUSE = 1  /* it raises #GP(0) */
};

struct nadir_rule {
    nadir_u32 kind;        /* enum nadir_rule_kind */
    nadir_u32 number;      /* leaf of CPUID, MSR, 0 or 4 for CR0 or CR4 */
    nadir_u32 subleaf;     /* CPUID; ECX */
    nadir_u32 any_subleaf; /* CPUID; 1: whatever ECX is */
    nadir_u32 part;        /* CPUID; enum nadir_cpuid_register */
    nadir_u32 action;      /* WRITE_MSR, PIN, PROTECT: enum nadir_rule_action */
    nadir_u64 keep;        /* CPUID; PROTECT: the first address */
    nadir_u64 set;         /* PROTECT: the last address */
};

#define NADIR_RULES 64u

enum nadir_rules_operation {
    NADIR_RULES_LIST = 0,
    NADIR_RULES_ADD = 1,
    NADIR_RULES_REMOVE = 2,
    NADIR_RULES_CLEAR = 3,
    NADIR_RULES_OPERATIONS = 4
};

struct nadir_listed_rule {
    nadir_u32 number; /* 1 to NADIR_RULES */
    nadir_u32 reserved;
    nadir_u64 answered; /* how often, on all processors */
    struct nadir_rule rule;
};

#ifdef __cplusplus
}
#endif
