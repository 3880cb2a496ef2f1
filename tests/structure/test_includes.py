# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Who may include whom, and where an operating system may show."""

from __future__ import annotations

from pathlib import Path

import pytest

from structure import includes, sources


def test_include_direction_and_system_headers():
    found = includes.problems(sources.ROOT, sources.code_files())
    assert not found, sources.report(found)


def _check(root: Path, name: str, text: str) -> list[str]:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return includes.problems(root, [Path(name)])


@pytest.mark.parametrize("name, line", [
    ("arch/a.h", '#include "core/vcpu.h"'),
    ("arch/a.h", '#include "cpu/vmx.h"'),
    ("base/a.h", '#include "arch/register.h"'),
    ("cpu/a.h", '#include "check/controls.h"'),
    ("cpu/a.S", '#include "core/vcpu.h"'),
    ("check/a.cpp", '#include "cpu/msr.h"'),
    ("control/a.cpp", '#include "check/support.h"'),
    ("control/a.cpp", '#include "core/nadir.h"'),
    ("core/exits/a.cpp", '#include "hosts/linux/ioctl.h"'),
    ("core/a.cpp", '#include "tool/units.h"'),
    ("core/a.cpp", '#include "vcpu.h"'),
    ("hosts/linux/a.c", '#include "core/vcpu.h"'),
    ("hosts/linux/a.c", '#include "arch/register.h"'),
    ("hosts/linux/a.c", '#include "hosts/bare/host.h"'),
    ("tool/a.cpp", '#include "core/nadir.h"'),
    ("tool/a.cpp", '#include "hosts/linux/host.h"'),
    ("tool/a.cpp", "#include <unistd.h>"),
    ("core/a.cpp", "#  include <linux/types.h>"),
    ("core/a.cpp", "#include <string>"),
    ("arch/a.h", "#include <windows.h>"),
    ("core/a.cpp", "#ifdef _WIN32"),
    ("arch/a.h", "#if defined(__linux__) && 1"),
    ("tool/a.cpp", "#elif __KERNEL__"),
])
def test_a_violation_is_found(tmp_path, name, line):
    found = _check(tmp_path, name, f"// first\n{line}\n")
    assert len(found) == 1 and found[0].startswith(f"{name}:2: "), found


@pytest.mark.parametrize("name, line", [
    ("core/exits/a.cpp", '#include "cpu/vmx.h"'),
    ("core/a.cpp", "#include <cstdint>"),
    ("core/a.h", "#ifdef __cplusplus"),
    ("hosts/linux/a.c", '#include "core/nadir.h"'),
    ("hosts/linux/a.c", "#include <linux/module.h>"),
    ("hosts/linux/a.c", "#ifdef CONFIG_SMP"),
    ("tool/a.cpp", '#include "hosts/linux/ioctl.h"'),
    ("tool/linux/a.cpp", "#include <sys/ioctl.h>"),
    ("tool/linux/a.cpp", "#ifdef __linux__"),
    ("tests/unit/a.cpp", '#include "core/vcpu.h"'),
])
def test_what_is_right_passes(tmp_path, name, line):
    assert _check(tmp_path, name, line + "\n") == []
