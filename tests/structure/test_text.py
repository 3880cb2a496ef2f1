# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Licence lines, lengths, no machine's paths."""

from __future__ import annotations

from pathlib import Path

import pytest

from structure import sources, text_rules

# The rules themselves, and their bad examples.
OWN = {Path("tests/structure/text_rules.py"), Path("tests/structure/test_text.py")}


def test_every_source_file_names_its_licence():
    found = text_rules.licence_problems(sources.ROOT, sources.all_files())
    assert not found, sources.report(found)


def test_files_are_short():
    found = text_rules.length_problems(sources.ROOT, sources.all_files())
    assert not found, sources.report(found)


def test_no_path_of_one_machine():
    found = text_rules.path_problems(sources.ROOT, [path for path in sources.all_files() if path not in OWN])
    assert not found, sources.report(found)


SPDX = "SPDX-License-Identifier: MIT OR GPL-2.0-only"


def _write(root: Path, name: str, text: str) -> list[Path]:
    (root / name).write_text(text)
    return [Path(name)]


@pytest.mark.parametrize("name, text", [
    ("a.cpp", "int x;\n"),
    ("a.cpp", f"int x;\n// {SPDX}\n"),
    ("a.cpp", "// SPDX-License-Identifier: MIT\n"),
    ("a.py", "#!/usr/bin/python3\nimport os\n"),
    ("CMakeLists.txt", "project(x)\n"),
    ("a.S", ""),
])
def test_a_missing_licence_is_found(tmp_path, name, text):
    assert len(text_rules.licence_problems(tmp_path, _write(tmp_path, name, text))) == 1


@pytest.mark.parametrize("name, text", [
    ("a.cpp", f"// {SPDX}\n"),
    ("a.c", f"/* {SPDX} */\n"),
    ("a.sh", f"#!/bin/sh\n# {SPDX}\n"),
    ("picture.png", "anything"),
])
def test_a_licence_line_passes(tmp_path, name, text):
    assert text_rules.licence_problems(tmp_path, _write(tmp_path, name, text)) == []


def test_a_long_file_is_found(tmp_path):
    long = _write(tmp_path, "a.cpp", "int x;\n" * 401)
    assert len(text_rules.length_problems(tmp_path, long, {})) == 1
    assert text_rules.length_problems(tmp_path, long, {"a.cpp": "a table"}) == []
    assert text_rules.length_problems(tmp_path, _write(tmp_path, "b.cpp", "int x;\n" * 400), {}) == []
    # An exception that is no longer needed is reported, too.
    assert len(text_rules.length_problems(tmp_path, [Path("b.cpp")], {"b.cpp": "was long"})) == 1


@pytest.mark.parametrize("line, bad", [
    ("# see /home/somebody/notes", True),
    ('include = "/root/nadir/base"', True),
    ("-I/home/somebody/nadir", True),
    (r"C:\Users\somebody", True),
    ("/usr/bin/python3 /dev/nadir /proc/cpuinfo /boot/grub", False),
    ("build/wo" "rk/here and frame/root/traps.cpp", False),
    ("$HOME/wo" "rk/x", False),
])
def test_a_machines_path_is_found(tmp_path, line, bad):
    found = text_rules.path_problems(tmp_path, _write(tmp_path, "a.py", line + "\n"))
    assert bool(found) == bad, found
