# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""`nadir symbols --elf`: other people's programs read what it wrote."""

from __future__ import annotations

import subprocess

import pytest

from emulator import product

SYMBOLS = """\
0000000000000000 A fixed_percpu_data
0000000000012340 A current_task
ffffffff81000000 T _text
ffffffff81000000 t another_name
ffffffff81000010 t local_function
ffffffff81000040 W weak_function
ffffffff81001000 T _etext
ffffffff81001000 R __start_rodata
ffffffff82000000 D jiffies
ffffffff82000008 b local_data
ffffffff82100000 T _sinittext
ffffffffc0001000 t handler\t[example]
ffffffffc0001020 d state\t[example]
ffffffffc0001f00 t last_of_it\t[example]
ffffffffc0002000 t handler\t[other]
"""


@pytest.fixture(scope="module")
def elf(tmp_path_factory):
    directory = tmp_path_factory.mktemp("elf")
    (directory / "map").write_text(SYMBOLS)
    done = subprocess.run([product.tool(), "symbols", "--symbols", directory / "map", "--elf", directory / "kernel.elf"],
                          capture_output=True, text=True)
    assert done.returncode == 0 and "15 symbols written to" in done.stdout, done
    return directory / "kernel.elf"


def read(*command) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr, done
    return done.stdout


def test_nm_prints_what_went_in(elf):
    """But not of which module, and not whether data has a content."""
    kind = str.maketrans("RrDdWA", "BbBbTA")
    lines = [line.split() for line in SYMBOLS.splitlines()]
    wanted = sorted((place, letter.translate(kind), name) for place, letter, name, *_ in lines)
    assert sorted(tuple(line.split()) for line in read("nm", elf).splitlines()) == wanted


def test_readelf_has_nothing_to_say_against_it(elf):
    assert "EXEC" in read("readelf", "--wide", "--file-header", "--sections", "--symbols", elf)
    sections = [line.split("]")[1].split()[:5] for line in read("readelf", "--wide", "--sections", elf).splitlines() if " NOBITS " in line]
    assert [(name, address, int(size, 16)) for name, _, address, _, size in sections] == [
        (".text", "ffffffff81000000", 0x1000 + 0x1000), (".data", "ffffffff81001000", 0x1000), (".data", "ffffffff82000000", 0x100000),
        (".text", "ffffffff82100000", 0x1000), (".text.example", "ffffffffc0001000", 0x20), (".data.example", "ffffffffc0001020", 0xEE0),
        (".text.example", "ffffffffc0001f00", 0x100),
        (".text.other", "ffffffffc0002000", 0x1000)]


def test_gdb_knows_functions_and_where_they_end(elf):
    words = read("gdb", "-q", "-nx", "-batch", "-ex", "info symbol 0xffffffff8100003f", "-ex", "info symbol 0xffffffffc0002004",
                 "-ex", "print &jiffies", "-ex", "info line *0xffffffff81000044", elf)
    assert "local_function + 47 in section .text" in words and "handler + 4 in section .text.other" in words
    assert "0xffffffff82000000 <jiffies>" in words and "<weak_function+4>" in words


def test_a_pipe_is_read_once(elf):
    done = subprocess.run([product.tool(), "symbols", "--symbols", "/dev/stdin", "jiffies"], input=SYMBOLS, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "ffffffff82000000 D jiffies\n"), done


def test_what_does_not_go_together(elf):
    for more in (["vfs_read"], ["--json"]):
        done = subprocess.run([product.tool(), "symbols", "--elf", elf, *more], capture_output=True, text=True)
        assert done.returncode == 2 and "excludes" in done.stderr, done
    done = subprocess.run([product.tool(), "symbols", "--symbols", elf.with_name("map"), "--elf", "/nowhere/kernel.elf"],
                          capture_output=True, text=True)
    assert done.returncode == 2 and "No such file or directory" in done.stderr, done
