# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""The instructions of an image, by LLVM's disassembler."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import tempfile
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakKeyDictionary

from .image import EXECUTE, Driver

LINE = re.compile(r"^\s*([0-9a-f]+):\s+((?:[0-9a-f]{2} )+)\s*\t(\S.*)$")
BRANCH = re.compile(r"^(?:notrack |bnd |rep )*(call|jmp|j[a-z]+|loop\w*)[ql]?\s+(0x[0-9a-f]+)")
INT3 = b"\xCC"
RELATIVE = re.compile(r"(-?(?:0x[0-9a-f]+|\d+))\(%rip\)")


class ToolMissing(RuntimeError):
    """A program that the rules need is not installed."""


@dataclass(frozen=True)
class Instruction:
    rva: int
    size: int
    text: str  # AT&T syntax, one space after the mnemonic
    target: int | None  # of a direct branch
    operand: int | None  # what a RIP-relative operand refers to

    @property
    def mnemonic(self) -> str:
        return self.text.split(" ", 1)[0]

    @property
    def is_call(self) -> bool:
        return self.mnemonic.startswith("call")

    @property
    def ends_flow(self) -> bool:
        return self.mnemonic.startswith(("ret", "jmp", "iret", "sysret", "sysexit", "ud2", "int3", "vmresume", "vmlaunch", "hlt"))

    @property
    def takes_address(self) -> bool:
        return self.operand is not None and self.mnemonic.startswith("lea")

    @property
    def is_padding(self) -> bool:
        return self.mnemonic in ("int3", "nop", "nopw", "nopl", "xchgw", "data16") or self.text.startswith("cs nop")


class Code:
    """All instructions, in order."""

    def __init__(self, instructions: list[Instruction]) -> None:
        self.all = instructions
        self._begins = [instruction.rva for instruction in instructions]

    def between(self, begin: int, end: int) -> list[Instruction]:
        return self.all[bisect_left(self._begins, begin):bisect_left(self._begins, end)]

    def at(self, rva: int) -> Instruction | None:
        index = bisect_left(self._begins, rva)
        return self.all[index] if index < len(self.all) and self.all[index].rva == rva else None

    def before(self, rva: int) -> Instruction | None:
        index = bisect_left(self._begins, rva)
        return self.all[index - 1] if index else None

    def around(self, rva: int) -> Instruction | None:
        """The instruction that this byte belongs to."""
        index = bisect_right(self._begins, rva) - 1
        return self.all[index] if index >= 0 and rva < self.all[index].rva + self.all[index].size else None


def llvm(name: str) -> str:
    found = shutil.which(f"{name}-16") or shutil.which(name)
    if not found:
        raise ToolMissing(f"{name} is needed: apt-get install llvm-16")
    return found


_known: dict[bytes, Code] = {}  # by contents: files that differ in their headers have the same code
_of_driver: WeakKeyDictionary[Driver, Code] = WeakKeyDictionary()


def code_of(driver: Driver) -> Code:
    if driver not in _of_driver:
        _of_driver[driver] = _read(driver)
    return _of_driver[driver]


def _read(driver: Driver) -> Code:
    """Disassembles the sections' bytes, whatever the headers say: a wrong header can't lead the disassembler astray."""
    image = bytearray(max((section.end for section in driver.sections), default=0) + 16)
    for section in driver.sections:
        if section.has(EXECUTE):
            content = driver.bytes_at(section.begin, section.size)
            content += INT3 * (-len(content) % 16)  # zeros are skipped by fours
            image[section.begin:section.begin + len(content)] = content
    key = hashlib.sha256(image).digest()
    if key not in _known:
        _known[key] = Code(_disassemble(bytes(image)))
    return _known[key]


def _disassemble(image: bytes) -> list[Instruction]:
    """Wrapped so that the disassembler's addresses are RVAs. It skips what is zero, as all but the code is."""
    with tempfile.TemporaryDirectory() as folder:
        binary, wrapped = Path(folder) / "code.bin", Path(folder) / "code.o"
        binary.write_bytes(image)
        subprocess.run([llvm("llvm-objcopy"), "-I", "binary", "-O", "elf64-x86-64", "--rename-section=.data=.text,code", binary,
                        wrapped], check=True, capture_output=True, timeout=60)
        text = subprocess.run([llvm("llvm-objdump"), "-d", wrapped], check=True, capture_output=True, text=True, timeout=120).stdout
    return [instruction for line in text.splitlines() if (instruction := _parse(line))]


def _parse(line: str) -> Instruction | None:
    match = LINE.match(line)
    if not match:
        return None
    rva, size = int(match[1], 16), len(match[2].split())
    text = " ".join(re.split(r" [#<]", match[3].replace("\t", " "))[0].split())
    branch, relative = BRANCH.match(text), RELATIVE.search(text)
    return Instruction(rva, size, text, int(branch[2], 16) if branch else None,
                       rva + size + int(relative[1], 0) if relative else None)
