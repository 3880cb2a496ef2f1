# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""The direction of includes: hosts -> core -> check, cpu, control -> arch -> base."""

from __future__ import annotations

import re
from pathlib import Path

from structure import sources

# folder: (other folders that it may include, single files beyond)
MAY_INCLUDE: dict[str, tuple[set[str], set[str]]] = {
    "base": (set(), set()),
    "arch": ({"base"}, set()),
    "control": ({"arch", "base"}, set()),  # arch: the words for exit reasons and instruction errors
    "check": ({"arch", "base", "control"}, set()),
    "cpu": ({"arch", "base"}, set()),
    "core": ({"check", "cpu", "control", "arch", "base"}, set()),
    "hosts": ({"control", "base"}, {"core/host.h", "core/nadir.h"}),
    "tool": ({"check", "control", "arch", "base"}, {"hosts/linux/ioctl.h", "hosts/windows/ioctl.h"}),
}
ANYTHING = {"tests", "bench", "examples"}
FOLDERS = set(MAY_INCLUDE) | ANYTHING

# What may be included with <> where no operating system and no C library is: C++'s freestanding headers, and those
# that are header-only and ask nothing of a run-time library ([C++20 "Freestanding implementations"] and practice).
FREESTANDING = {
    "array", "atomic", "bit", "compare", "concepts", "cstddef", "cstdint", "initializer_list", "limits", "new", "optional",
    "span", "string_view", "tuple", "type_traits", "utility", "cstdarg",
}
FREESTANDING_FOLDERS = {"base", "arch", "control", "check", "cpu", "core"}

# The hosted parts that are to compile on any system may use what every C++ library has.
STANDARD = FREESTANDING | {
    "algorithm", "cctype", "cerrno", "charconv", "chrono", "cmath", "cstdio", "cstdlib", "cstring", "ctime", "exception",
    "filesystem", "format", "fstream", "functional", "iomanip", "iostream", "istream", "iterator", "map", "memory", "mutex",
    "numeric", "ostream", "random", "ratio", "set", "sstream", "stdexcept", "string", "system_error", "thread",
    "unordered_map", "unordered_set", "variant", "vector", "csignal", "cinttypes",
}
LIBRARIES = ("CLI/", "fmt/", "nlohmann/")

SYSTEM_MACRO = re.compile(
    r"\b(__linux__|__linux|linux|__gnu_linux__|__KERNEL__|_WIN32|_WIN64|WIN32|__unix__|__unix|unix|__APPLE__|__MACH__|"
    r"__FreeBSD__|__NetBSD__|__OpenBSD__|__CYGWIN__|__MINGW32__|__MINGW64__|_KERNEL_MODE|LINUX_VERSION_CODE|CONFIG_\w+)\b")
INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')
CONDITIONAL = re.compile(r"^\s*#\s*(if|elif|ifdef|ifndef|elifdef|elifndef)\b(.*)")


def _direction_problem(path: Path, name: str) -> str | None:
    own = path.parts[0]
    target = name.split("/")[0]
    if "/" not in name or target not in FOLDERS:
        return None if "/" not in name and own in {"hosts", *ANYTHING} else "an include names its file from the root"
    if own in ANYTHING:
        return None
    folders, files = MAY_INCLUDE[own]
    if target == own:
        if own == "hosts" and name.split("/")[1] != path.parts[1]:
            return "one host does not include another's headers"
        return None
    if target in folders or name in files:
        return None
    allowed = ", ".join(sorted(folders | files)) or "nothing"
    return f"{own}/ may include {allowed} (besides itself), not {target}/"


def _system_problem(path: Path, name: str) -> str | None:
    own = path.parts[0]
    if own in FREESTANDING_FOLDERS and name not in FREESTANDING:
        return f"{own}/ is freestanding: <{name}> belongs into hosts/, tool/ or tests/"
    # tool/<os>/ is where the tool meets an operating system.
    if own == "tool" and len(path.parts) == 2 and name not in STANDARD and not name.startswith(LIBRARIES):
        return f"<{name}> is an operating system's: it belongs into tool/<os>/"
    return None


def _may_ask_for_system(path: Path) -> bool:
    own = path.parts[0]
    return own in {"hosts", "tests"} or (own == "tool" and len(path.parts) > 2)


def problems(root: Path, files: list[Path]) -> list[str]:
    """One line per violation: file:line and the rule."""
    found = []
    for path in files:
        if path.parts[0] not in FOLDERS:
            continue
        for number, line in enumerate(sources.lines(root / path), 1):
            match = INCLUDE.match(line)
            if match:
                check = _direction_problem if match[1] == '"' else _system_problem
                problem = check(path, match[2])
                if problem:
                    found.append(f"{path}:{number}: #include {match[1]}{match[2]}: {problem}")
            match = CONDITIONAL.match(line)
            if match and SYSTEM_MACRO.search(match[2]) and not _may_ask_for_system(path):
                found.append(f"{path}:{number}: no #{match[1]} on an operating system outside hosts/ and tool/<os>/")
    return found
