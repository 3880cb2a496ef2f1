// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* What kvm.c and its guest agree on. */
#pragma once

#define PEERS_PORT_PRINT 0xE9
#define PEERS_PORT_END 0xF4
