/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The integers of control/: the same on every host and compiler. */
#pragma once

typedef unsigned long long nadir_u64;
typedef unsigned int nadir_u32;
typedef unsigned short nadir_u16;
typedef unsigned char nadir_u8;
