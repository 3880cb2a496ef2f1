#!/bin/sh
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# documents.sh DOCS OUTPUT OTHER: copies the pages of DOCS, with what they show, to OUTPUT, as the package `nadir` has them; to OTHER the
# one that `nadir-dev` has, too. The sources aren't there: links to them become words.
set -eu
rm -rf "$2" "$3"
mkdir -p "$2" "$3"
cd "$1"
find . -name '*.png' -o -name '*.svg' -o -name growth.json | while read -r name; do
    mkdir -p "$2/$(dirname "$name")"
    cp "$name" "$2/$name"
done
# [bench](../bench/README.md), [`arch/uart.h`](../arch/uart.h), and then [any words](../arch/uart.h).
for page in *.md; do
    sed -E -e 's#\[([^]`]+)\]\(\.\./\1(/README\.md)?\)#\1 of the sources#g' \
        -e 's#\[`([^]`]+)`\]\(\.\./\1(/README\.md)?\)#`\1` of the sources#g' \
        -e 's#\[([^]]+)\]\(\.\./([^)]+)\)#\1 (`\2` of the sources)#g' "$page" >"$2/$page"
done
sed -E 's#\]\(([a-z-]+\.md)#](../nadir/\1#g' "$2/check-library.md" >"$3/check-library.md"
