// SPDX-License-Identifier: MIT OR GPL-2.0-only
#pragma once

#include "measure.h"

/*
 * Whether instructions that exit leave the guest's state as the bare processor does: a cheap exit that drops state is no
 * cheaper. Each prints "@@ peers check NAME right" or "wrong".
 */
void peers_checks(const struct peers_environment* environment);

/* The same for those that end the machine with some, and so say before that they are tried. xsave: CR4.OSXSAVE is set. */
void peers_dangerous_checks(const struct peers_environment* environment, int xsave);
