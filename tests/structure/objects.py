# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""What the core's objects may contain: they run beneath a system, without its run-time and without its registers."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from structure import sources

TARGET = "nadir_core_kernel"
ALLOWED_UNDEFINED = re.compile(r"nadir_host_\w+$")
# Compilers and kernels put calls of these into code: none of them is there in root mode.
THUNK = re.compile(r"__x86_(indirect|return)_thunk|__fentry__|\bmcount\b|__stack_chk_fail|__sanitizer_|__cxa_|__gxx_personality"
                   r"|_GLOBAL_OFFSET_TABLE_|__tls_get_addr|__ubsan|__asan")
# XMM, YMM, ZMM, mask, MMX and x87 registers, and the instructions that move all of their state.
VECTOR = re.compile(r"%[xyz]mm\d+|%k[0-7]\b|%mm[0-7]\b|%st\b|\t(f(x|n)?(save|rstor)|xsave|xrstor|ldmxcsr|stmxcsr|emms|fninit)")
INDIRECT = re.compile(r"\t(?:notrack |bnd )?(jmp|call)\w?\s+\*")
BAD_SECTIONS = re.compile(r"^\.(init_array|fini_array|preinit_array|ctors|dtors|tbss|tdata|init|fini|CRT\$.*|tls.*)$")

# Where an indirect call is meant, each with the reason. (A jump through a register or memory never is: jump tables would
# be data that a compiler puts where it likes, and no retpoline protects them.)
INDIRECT_CALLS = {
    "core/root/provoke.cpp": "calls what is not executable, to show that root mode survives it",
}


def _run(*command: str | Path) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout


def objects_of(build: Path) -> list[tuple[Path, Path]]:
    """(source, object) of the kernel build; objects whose source is gone are leftovers."""
    folder = build / "CMakeFiles" / f"{TARGET}.dir"
    found = []
    for path in sorted(folder.rglob("*.o")):
        source = path.relative_to(folder).with_suffix("")
        if (sources.ROOT / source).is_file():
            found.append((source, path))
    return found


def symbol_problems(objects: list[tuple[Path, Path]]) -> list[str]:
    defined: set[str] = set()
    wanted: dict[str, Path] = {}
    found = []
    for source, path in objects:
        for line in _run("nm", "-P", path).splitlines():
            name, kind = line.split()[:2]
            if kind in "Uvw":
                wanted.setdefault(name, source)
            else:
                defined.add(name)
            if kind in "bBdDsS":
                found.append(f"{source}: writable data: {name}")
            if kind == "C":
                found.append(f"{source}: common symbol: {name}")
    for name, source in wanted.items():
        if THUNK.search(name):
            found.append(f"{source}: needs the thunk or run-time symbol {name}")
        elif name not in defined and not ALLOWED_UNDEFINED.match(name):
            found.append(f"{source}: undefined symbol {name}")
    return found


def section_problems(objects: list[tuple[Path, Path]]) -> list[str]:
    found = []
    for source, path in objects:
        for line in _run("readelf", "-SW", path).splitlines():
            match = re.match(r"\s*\[\s*\d+\]\s+(\S+)\s+\S+\s+[0-9a-f]+\s+[0-9a-f]+\s+([0-9a-f]+)\s+[0-9a-f]+\s+([A-Za-z]*)\s", line)
            if not match:
                continue
            name, size, flags = match[1], int(match[2], 16), match[3]
            if BAD_SECTIONS.match(name):
                found.append(f"{source}: section {name}")
            elif "W" in flags and "A" in flags and size != 0:
                found.append(f"{source}: {size} writable bytes in {name}")
            elif "T" in flags and size != 0:
                found.append(f"{source}: thread-local section {name}")
    return found


def code_problems(objects: list[tuple[Path, Path]], indirect_calls: dict[str, str] = INDIRECT_CALLS) -> list[str]:
    found = []
    for source, path in objects:
        function = "?"
        for line in _run("objdump", "-d", "--no-show-raw-insn", path).splitlines():
            label = re.match(r"[0-9a-f]+ <(.+)>:$", line)
            if label:
                function = label[1]
                continue
            text = line.split("\t", 1)[-1]
            if VECTOR.search("\t" + text):
                found.append(f"{source}: {function}: vector or x87 state: {text}")
            match = INDIRECT.search("\t" + text)
            if match and not (match[1] == "call" and str(source) in indirect_calls):
                found.append(f"{source}: {function}: indirect {match[1]}: {text}")
    return found
