// SPDX-License-Identifier: MIT OR GPL-2.0-only
#pragma once

#include "measure.h"

/*
 * Whether instructions that exit leave the guest's state as the bare processor does: a cheap exit that drops state is no
 * cheaper. Each prints "@@ peers check NAME right" or "wrong"; what may end the machine comes last and says so before.
 */
void peers_checks(const struct peers_environment* environment, int xsave);
