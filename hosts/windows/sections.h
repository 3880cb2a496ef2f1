// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Where code of the driver lies. Without a word it is in .text, always resident.
#pragma once

// Runs before DriverEntry returns; the system frees it then. Linked discardable (hosts/windows/CMakeLists.txt).
#define NADIR_INIT_CODE __attribute__((section("INIT")))

// Runs at PASSIVE_LEVEL with interrupts on and never while the system sleeps or dies: may be paged out.
#define NADIR_PAGED_CODE __attribute__((section("PAGE"), noinline))
