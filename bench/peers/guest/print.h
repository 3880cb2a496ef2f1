// SPDX-License-Identifier: MIT OR GPL-2.0-only
#pragma once

#include <stdint.h>

#include "measure.h"

void peers_print(const struct peers_environment* environment, const char* text);
void peers_print_number(const struct peers_environment* environment, uint64_t number);
