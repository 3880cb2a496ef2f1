#!/bin/sh
# SPDX-License-Identifier: MIT OR GPL-2.0-only
#
# build.sh [PRESET [TARGET...]]: configures and builds everything, or the targets, into build/<preset> (gcc). Says
# nothing when it works, but what a target has to say ("note: ..."), such as where packages are.

set -eu
cd "$(dirname "$0")/.."
preset=${1:-gcc}
[ $# -eq 0 ] || shift
log=build/$preset.log
mkdir -p build

run() {
    "$@" >>"$log" 2>&1 </dev/null || {
        status=$?
        tail -n 60 "$log" >&2
        echo "$* failed; all output is in $log." >&2
        exit "$status"
    }
}

: >"$log"
run cmake --preset "$preset"
run cmake --build --preset "$preset" ${1:+--target "$@"}
sed -n 's/^note: //p' "$log"
