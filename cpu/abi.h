// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The calling convention at each boundary between C++ and assembly: one on every host, so that one assembly source serves.
#pragma once

#define NADIR_CPU_ABI __attribute__((sysv_abi))
