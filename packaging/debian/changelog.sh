#!/bin/sh
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# changelog.sh TEMPLATE YYYY-MM-DD OUTPUT: the changelog as Debian wants it, packed.
set -eu
date=$(LC_ALL=C date -u -R -d "$2")
sed "s/DATE_IN_WORDS/$date/" "$1" | gzip -9n >"$3"
