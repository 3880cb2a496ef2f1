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
# The rules of VM entry, tables of functions, don't run in root mode.
RULES = "check/entry/rules/"
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


def objects_with_extensions(build: Path) -> list[tuple[Path, Path]]:
    """The same of the examples, with what calls them and what they call (tests/extensions)."""
    folder = build / "tests" / "extensions" / "CMakeFiles" / "nadir_core_with_examples.dir"
    found = [(path.relative_to(folder).with_suffix(""), path) for path in sorted(folder.rglob("*.o"))]
    return [(Path(*source.parts[2:]) if source.parts[0] == "__" else Path("tests/extensions") / source, path) for source, path in found]


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
            meant = str(source) in indirect_calls or str(source).startswith(RULES)
            if match and not (match[1] == "call" and meant):
                found.append(f"{source}: {function}: indirect {match[1]}: {text}")
    return found


# --- Root mode's copy of the image has neither the rules of VM entry nor what else of the core it never runs, nor the host where
# that can be told apart.

SYSTEM = {line for line in (sources.ROOT / "core" / "system_context.txt").read_text().splitlines() if not line.startswith("#")}
# Of these, one function runs in the system's context, too: leave_processor.
CALL_THE_SYSTEM = {("core/leave.cpp", "keep_results")}


def in_system_context(source: Path) -> bool:
    return str(source).startswith(RULES) or str(source) in SYSTEM


# Of the core for Windows, where all of it is in root mode's copy: they run in the system's context only, and may ask.
ASK_THE_RULES = {"core/entry_failure.cpp", "core/report.cpp", "core/words.cpp"}


def _symbols(path: Path) -> list[tuple[str, str]]:
    return [tuple(line.split()[:2]) for line in _run("nm", "-P", path).splitlines()]


def callers_of_system(objects: list[tuple[Path, Path]]) -> list[str]:
    """Parts of the core that need what root mode doesn't have, and are not among those that may."""
    only_there = {name for source, path in objects if in_system_context(source)
                  for name, kind in _symbols(path) if kind not in "Uvw"}
    core = [(source, path) for source, path in objects if not in_system_context(source)]
    only_there -= {name for _, path in core for name, kind in _symbols(path) if kind not in "Uvw"}
    return [f"{source}: needs {name}, which root mode doesn't have" for source, path in core
            for name, kind in _symbols(path) if kind == "U" and name in only_there
            and not any(str(source) == caller and function in name for caller, function in CALL_THE_SYSTEM)]


def weak_symbols(objects: list[tuple[Path, Path]]) -> set[str]:
    """What compilers put into the core and elsewhere alike (inline functions and constants): the linker keeps one of them."""
    return {name for source, path in objects if not in_system_context(source)
            for name, kind in _symbols(path) if kind in "VWu"}


def system_symbols(objects: list[tuple[Path, Path]]) -> set[str]:
    """What only the other part defines, by its own names."""
    return {name for source, path in objects if in_system_context(source) for name, kind in _symbols(path) if kind in "TR"}


def misplaced_in_image(image: Path, weak: set[str], system: set[str]) -> list[str]:
    address = {}
    for line in _run("nm", "-P", image).splitlines():
        words = line.split()
        if len(words) > 2:
            address[words[0]] = int(words[2], 16)
    regions = [(address["root_text_end"], address["image_text_end"]),
               (address["root_read_only_end"], address["image_read_only_end"])]
    assert all(begin < end for begin, end in regions), f"no rules in {image}"
    # Of one section, equal constants and the ends of strings are stored once, wherever that is.
    shared = re.search(r"\s\.rodata\s+PROGBITS\s+(\w+)\s+\w+\s+(\w+)", _run("readelf", "-SW", image))
    assert shared and int(shared[1], 16) + int(shared[2], 16) == address["root_read_only_end"], "constants may be shared"

    def outside(name: str) -> bool:
        return any(begin <= address[name] < end for begin, end in regions)

    return [name for name in sorted(weak & set(address)) if outside(name)] + [
        name for name in sorted(system & set(address)) if not outside(name)]


def misplaced_in_module(module: Path, weak: set[str]) -> list[str]:
    found = []
    sections: set[str] = set()
    for line in _run("objdump", "-t", module).splitlines():
        match = re.match(r"[0-9a-f]+ .{7} (\S+)\s+[0-9a-f]+\s+(?:\.hidden )?(\S+)$", line)
        if match:
            sections.add(match[1])
            if match[1].startswith(".nadir_system") and match[2] in weak:
                found.append(match[2])
    assert ".nadir_system.text" in sections, f"no rules in {module}"
    # The loader lays a kind of sections out in their order: behind the first of the rules' nothing of the core may come.
    order = re.findall(r"^\s*\[\s*\d+\]\s+(\.\S+)\s+PROGBITS\s+\S+\s+\S+\s+\S+\s+\S+\s+(A\S*)\s", _run("readelf", "-SW", module), re.M)
    for kind, names in (("text", r"\.text"), ("rodata", r"\.rodata")):
        own = [i for i, (name, _) in enumerate(order) if re.match(names, name)]
        rules = [i for i, (name, _) in enumerate(order) if name.startswith(f".nadir_system.{kind}")]
        if not rules or not own or max(own) > min(rules):
            found.append(f"sections of {kind}: {[name for name, _ in order]}")
    return found
