# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Boots a kernel in about a second: no GRUB, no disk, no decompression.

Bochs reads a file straight into guest RAM (`optramimage1`), and a boot sector on a floppy enters the kernel in it. That
file can't simply be a picture of memory: Bochs 2.7 hands out RAM in blocks of 128 KiB in the order of first touch,
whatever their address, so the file's blocks appear in the order in which the guest touches memory. The BIOS has taken
an unknown few before we run. The file therefore is

    padding blocks | one loader block | the blocks of kernel, modules or initrd, in order

and boot/sector.s uses up what's left of the padding, then touches the loader's block, which touches the rest in order.
Memory that isn't part of the file is zero.
"""

from __future__ import annotations

import struct
import subprocess
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Iterable, Sequence

from .bochs import Machine
from .debian import Kernel
from .elf import Elf

BLOCK = 0x20000
PADDING_BLOCKS = 48
SOURCES = Path(__file__).resolve().parent / "boot"

_LOADER_RANGES = 16  # offset of the ranges in a loader block; touch.inc
_LOADER_MAXIMUM_RANGES = 32
_MULTIBOOT_INFORMATION = 0x800
_MULTIBOOT_DATA = 0x1000
_LINUX_PARAMETERS = 0x1000
_LINUX_COMMAND_LINE = 0x2000


def round_up(value: int, to: int) -> int:
    return -(-value // to) * to


def assemble(source: str, address: int, **symbols: int) -> bytes:
    """Assembles boot/<source>.s to raw bytes that run at `address`."""
    with tempfile.TemporaryDirectory() as directory:
        out = Path(directory)
        definitions = [f"--defsym={name}={value:#x}" for name, value in symbols.items()]
        subprocess.run(["as", "--32", "-I", str(SOURCES), *definitions, "-o", str(out / "o"),
                        str(SOURCES / f"{source}.s")], check=True)
        subprocess.run(["ld", "-m", "elf_i386", "-nostdlib", "--no-warn-rwx-segments", f"-Ttext={address:#x}",
                        "--oformat=binary", "-e", "0", "-o", str(out / "bin"), str(out / "o")], check=True)
        return (out / "bin").read_bytes()


class Memory:
    """Physical memory as the guest shall find it: whole blocks, by address."""

    def __init__(self) -> None:
        self._blocks: dict[int, bytearray] = {}

    def write(self, address: int, data: bytes) -> None:
        position = 0
        while position < len(data):
            base = (address + position) // BLOCK * BLOCK
            offset = address + position - base
            count = min(BLOCK - offset, len(data) - position)
            block = self._blocks.setdefault(base, bytearray(BLOCK))
            block[offset:offset + count] = data[position:position + count]
            position += count

    def ranges(self) -> list[tuple[int, int]]:
        """Neighbouring blocks joined: (address, number of blocks)."""
        joined: list[list[int]] = []
        for base in sorted(self._blocks):
            if joined and joined[-1][0] + joined[-1][1] * BLOCK == base:
                joined[-1][1] += 1
            else:
                joined.append([base, 1])
        return [(base, count) for base, count in joined]

    def image(self) -> Iterable[bytes]:
        return (bytes(self._blocks[base]) for base in sorted(self._blocks))


@dataclass
class Module:
    """A Multiboot module: its bytes (or a file) and its command line."""

    data: bytes | Path
    command_line: str = ""

    def bytes(self) -> bytes:
        return self.data if isinstance(self.data, bytes) else Path(self.data).read_bytes()


def _write_media(machine: Machine, directory: Path, loader: bytes, memory: Memory, scratch: int,
                 loader_address: int) -> Machine:
    """Writes floppy and RAM image and returns the machine with both inserted."""
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    ranges = memory.ranges()
    if len(ranges) > _LOADER_MAXIMUM_RANGES:
        raise ValueError(f"{len(ranges)} separate memory ranges, the loader has room for {_LOADER_MAXIMUM_RANGES}")
    block = bytearray(loader)
    if len(block) > BLOCK:
        raise ValueError("the loader and its data need more than one block")
    block.extend(bytes(BLOCK - len(block)))
    struct.pack_into("<I", block, 8, len(ranges))
    for number, pair in enumerate(ranges):
        struct.pack_into("<II", block, _LOADER_RANGES + 8 * number, *pair)
    with open(directory / "memory.img", "wb") as file:
        for number in range(PADDING_BLOCKS):
            file.write(struct.pack("<4sI", b"NADP", PADDING_BLOCKS - 1 - number).ljust(BLOCK, b"\0"))
        file.write(block)
        for data in memory.image():
            file.write(data)
    sector = assemble("sector", 0x7C00, SCRATCH=scratch, LOADER=loader_address)
    (directory / "floppy.img").write_bytes(sector.ljust(1_474_560, b"\0"))
    return replace(machine, floppy=directory / "floppy.img", ram_images=[(directory / "memory.img", scratch)])


def _layout(machine: Machine) -> tuple[int, int]:
    """Scratch memory for the padding, and the loader's block right below it, near the end of RAM (never above 3 GiB).

    The last mebibytes are left alone: the BIOS keeps its ACPI tables there.
    """
    top = min(machine.memory_mib, 3072) << 20
    scratch = top - (2 << 20) - PADDING_BLOCKS * BLOCK
    return scratch, scratch - BLOCK


def multiboot(machine: Machine, directory: Path, kernel: Path, command_line: str = "",
              modules: Sequence[Module] = ()) -> Machine:
    """Returns `machine` set up to boot a Multiboot 1 ELF kernel; the images are written into `directory`.

    As from GRUB 2, the modules lie page-aligned behind the kernel, and the command lines hold no file name.
    """
    elf = Elf(Path(kernel).read_bytes())
    elf.require_multiboot()
    scratch, loader_address = _layout(machine)
    memory = Memory()
    end = 0
    for segment in elf.segments:
        if segment.physical < 0x100000:
            raise ValueError(f"{kernel}: a segment below 1 MiB ({segment.physical:#x})")
        memory.write(segment.physical, segment.data)
        end = max(end, segment.physical + segment.memory_size)

    # Behind the code of the loader: strings and the list of modules, then multiboot_info itself.
    data = bytearray()

    def place(content: bytes) -> int:
        address = loader_address + _MULTIBOOT_DATA + len(data)
        data.extend(content)
        data.extend(bytes(-len(data) % 4))
        return address

    address = round_up(end, 4096)
    entries = b""
    for module in modules:
        content = module.bytes()
        memory.write(address, content)
        entries += struct.pack("<IIII", address, address + len(content), place(module.command_line.encode() + b"\0"), 0)
        address = round_up(address + len(content), 4096)
    if address > loader_address:
        raise ValueError("kernel and modules don't fit into the machine's memory")
    name = place(b"fastboot\0")
    flags = 1 << 0 | 1 << 2 | 1 << 3 | 1 << 6 | 1 << 9  # memory, command line, modules, memory map, loader name
    upper = ((min(machine.memory_mib, 3072) << 20) - 0x100000 - 0x10000) >> 10
    # Offsets: 0 flags, 4/8 memory, 12 boot device, 16 command line, 20/24 modules, 28..43 symbols (unused),
    # 44/48 memory map (by the loader), 52..63 drives, configuration (unused), 64 loader name
    information = struct.pack("<7I", flags, 639, upper, 0, place(command_line.encode() + b"\0"), len(modules),
                              place(entries)).ljust(64, b"\0") + struct.pack("<I", name)
    loader = bytearray(assemble("multiboot", loader_address, ENTRY=elf.entry))
    loader[_MULTIBOOT_INFORMATION:_MULTIBOOT_INFORMATION + len(information)] = information
    return _write_media(machine, directory, bytes(loader) + bytes(data), memory, scratch, loader_address)


def linux(machine: Machine, directory: Path, kernel: Kernel, initrd: bytes, command_line: str) -> Machine:
    """Returns `machine` set up to boot Debian's kernel, already uncompressed, with an initrd.

    The kernel's own decompressor is left out, and with it the choice of a random base (KASLR): see grub.py for that.
    """
    elf = Elf(kernel.vmlinux.read_bytes())
    header = kernel.image.read_bytes()[:0x1000]
    scratch, loader_address = _layout(machine)
    memory = Memory()
    end = 0
    for segment in elf.segments:
        memory.write(segment.physical, segment.data)
        end = max(end, segment.physical + segment.memory_size)
    initrd_address = (loader_address - len(initrd)) // BLOCK * BLOCK
    if initrd_address < end + (16 << 20):
        raise ValueError("kernel and initrd don't fit into the machine's memory")
    memory.write(initrd_address, initrd)

    parameters = bytearray(4096)
    header_end = 0x202 + header[0x201]
    parameters[0x1F1:header_end] = header[0x1F1:header_end]
    parameters[0x06], parameters[0x07], parameters[0x0E], parameters[0x0F] = 3, 80, 25, 1  # 80x25 colour text
    struct.pack_into("<H", parameters, 0x10, 16)
    parameters[0x210] = 0xFF  # type_of_loader: none of the known ones
    parameters[0x211] |= 1  # LOADED_HIGH
    struct.pack_into("<I", parameters, 0x214, elf.entry)
    struct.pack_into("<II", parameters, 0x218, initrd_address, len(initrd))
    struct.pack_into("<I", parameters, 0x228, loader_address + _LINUX_COMMAND_LINE)
    line = command_line.encode() + b"\0"
    if len(line) > 2048:
        raise ValueError("the kernel takes at most 2047 characters of command line")

    loader = bytearray(assemble("linux", loader_address, ENTRY=elf.entry).ljust(_LINUX_COMMAND_LINE + 4096, b"\0"))
    loader[_LINUX_PARAMETERS:_LINUX_PARAMETERS + len(parameters)] = parameters
    loader[_LINUX_COMMAND_LINE:_LINUX_COMMAND_LINE + len(line)] = line
    return _write_media(machine, directory, bytes(loader), memory, scratch, loader_address)
