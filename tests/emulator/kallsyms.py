# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""The symbols of a kernel image: what its /proc/kallsyms would show without KASLR, modules and BPF.

Debian's kernels come without a symbol table, and their System.map is a stub. But the kernel carries its names for its own
use, packed: reading them here costs a second, while a guest that prints them costs a minute. The tables stand in this order,
each aligned to eight bytes. [Linux scripts/kallsyms.c, write_src; of Linux 6.1]

    offsets (4 bytes each), relative base (8), number of symbols (4), names, markers (4 for each 256 names), the symbols by
    name (3 each), token table (256 strings that end with a zero), token index (2 bytes each)
"""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path

from . import product
from .places import CACHE, only_one

# Letters and digits stand for themselves, each in its place of the token table.
_DIGITS = b"".join(b"%c\0" % letter for letter in b"0123456789")
_LETTERS = b"".join(b"%c\0" % letter for letter in b"ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_PER_MARKER = 256
_FEWEST, _MOST = 20_000, 500_000  # symbols of a kernel


class NoSymbols(RuntimeError):
    """The tables aren't where they were in Linux 6.1, or there are none."""


def _token_table(image: bytes) -> tuple[int, list[bytes]]:
    """Where it begins, and the tokens."""
    at = image.find(_DIGITS)
    while at >= 0:
        letters = image.find(_LETTERS, at, at + 256)
        if letters >= 0 and image[at - 2:at] != b"/\0":  # no name has a slash: that would be a table of another code
            begin = at
            for _ in range(ord("0")):  # so many tokens precede
                begin = image.rfind(b"\0", 0, begin - 1) + 1
            tokens = image[begin:begin + 8192].split(b"\0")[:256]
            if tokens[ord("A")] == b"A" and tokens[ord("z")] == b"z":
                return begin, tokens
        at = image.find(_DIGITS, at + 1)
    raise NoSymbols("the image has no table of tokens")


def _markers(image: bytes, table: int) -> tuple[int, list[int]]:
    """Where they begin, and what they are. Their number and that of the symbols behind them have to fit."""
    for end in range(table - 3 * _FEWEST & ~3, table - 3 * _MOST, -4):
        number = -(-((table - end) // 3) // _PER_MARKER)
        begin = end - 4 * number
        first, second, last = (struct.unpack_from("<I", image, at)[0] for at in (begin, begin + 4, end - 4))
        if first == 0 and 2 * _PER_MARKER <= second < 128 * _PER_MARKER and second < last < begin:
            values = list(struct.unpack_from(f"<{number}I", image, begin))
            if all(one < next_one for one, next_one in zip(values, values[1:])):
                return begin, values
    raise NoSymbols("before the table of tokens are no markers")


def _packed_names(image: bytes, begin: int, end: int) -> list[bytes]:
    names = []
    while begin < end:
        length = image[begin]
        begin += 1
        if length & 0x80:  # of two bytes
            length = length & 0x7F | image[begin] << 7
            begin += 1
        if length == 0:
            break  # the padding
        names.append(image[begin:begin + length])
        begin += length
    return names


def symbols(image: bytes) -> list[tuple[int, str, str]]:
    """Address, type as of `nm`, name; by address."""
    table, tokens = _token_table(image)
    markers_begin, markers = _markers(image, table)
    # The number of symbols stands eight bytes before the names. What fits it, and whose names are as many, is it.
    for names_begin in range(markers_begin - markers[-1] - 8 & ~7, markers_begin - markers[-1] - _PER_MARKER * 128, -8):
        (count,) = struct.unpack_from("<I", image, names_begin - 8)
        if -(-count // _PER_MARKER) != len(markers):
            continue
        names = _packed_names(image, names_begin, markers_begin)
        if len(names) == count:
            break
    else:
        raise NoSymbols("before the markers are no names")
    (base,) = struct.unpack_from("<Q", image, names_begin - 16)
    offsets_begin = (names_begin - 16 - 4 * count) & ~7
    found = []
    for offset, packed in zip(struct.unpack_from(f"<{count}i", image, offsets_begin), names):
        # Those of per-processor data are absolute, and not negative.
        name = b"".join(tokens[number] for number in packed).decode()
        found.append((offset if offset >= 0 else base - 1 - offset, name[0], name[1:]))
    return found


def system_map(vmlinux: Path) -> Path:
    """A file with a line for each, as `nm` prints them. Made once."""
    target = CACHE / f"{vmlinux.name}.map"
    with only_one(target.name):
        if not target.exists():
            temporary = target.with_suffix(".new")
            temporary.write_text("".join(f"{place:016x} {kind} {name}\n" for place, kind, name in symbols(vmlinux.read_bytes())))
            temporary.rename(target)
    return target


def file_for_gdb(vmlinux: Path, target: Path) -> Path:
    """The same as a file that GDB reads, by our own command."""
    subprocess.run([product.tool(), "symbols", "--symbols", system_map(vmlinux), "--elf", target], check=True, stdout=subprocess.DEVNULL)
    return target
