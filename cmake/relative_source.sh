#!/bin/sh
# SPDX-License-Identifier: MIT OR GPL-2.0-only
#
# relative_source.sh COMPILER ARGUMENT...: compiles with the source, the argument behind -c, named from the working folder on.

previous=
for argument in "$@"; do
    shift
    [ "$previous" != -c ] || argument=$(realpath --relative-to=. "$argument")
    previous=$argument
    set -- "$@" "$argument"
done
exec "$@"
