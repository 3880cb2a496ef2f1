// SPDX-License-Identifier: MIT OR GPL-2.0-only
// <windows.h> without its macros min and max, and without what nobody here uses.
#pragma once

#define WIN32_LEAN_AND_MEAN
#ifndef NOMINMAX
#define NOMINMAX
#endif
#include <windows.h>
