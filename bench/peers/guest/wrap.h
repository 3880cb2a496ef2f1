// SPDX-License-Identifier: MIT OR GPL-2.0-only
#pragma once

/*
 * In compatibility mode, a CPUID that ends at 4 GiB goes on at 0. Returns 1 when it does. A hypervisor that adds the length
 * to RIP and nothing else enters the guest with an RIP that a 32-bit code segment can't have: that VM entry fails.
 *
 * For a while the first 4 GiB are mapped by tables of this file, with its own pages at 0 and below 4 GiB; so code, stack
 * and data have to lie below 4 GiB, identity-mapped.
 */
int peers_wraps_at_4_gib(void);
