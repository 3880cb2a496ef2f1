# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""The examples of extensions, all compiled into one nadir.elf: what a system sees of them on each processor, what they count and
log, and what a fault in one of them ends in. docs/extensions.md shows these runs."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from emulator import product
from emulator.places import ROOT

from .host import boot, boot_kernel, expect_ok, matching

MODELS = [pytest.param("corei7_skylake_x", 2, marks=pytest.mark.quick), ("corei7_sandy_bridge_2600k", 1)]
BRAND = "Nadir's own processor, seen from beneath"


def run_examples(directory, line: str, **settings):
    return boot_kernel(directory, product.kernel_with_examples(), line, timeout=60, **settings)


def counters(run) -> dict[tuple[str, int], int]:
    """Those of the last list."""
    found = (re.fullmatch(r"counter (\S+) of processor (\d+): (\d+)", line) for line in matching(run, "counter "))
    return {(name, int(number)): int(count) for name, number, count in (match.groups() for match in found)}


@pytest.mark.parametrize("model, processors", MODELS)
def test_examples(tmp_path, model, processors):
    hooks = model != "corei7_sandy_bridge_2600k"
    run = expect_ok(run_examples(tmp_path, f"test=extensions log=info {'hook_pages=32' if hooks else ''}",
                                 model=model, processors=processors))
    everyone = range(processors)
    for i in everyone:
        assert f"processor {i} brand: {BRAND}" in [line.rstrip() for line in run.lines], run.tail()
        assert f"processor {i} LSTAR: first 1 other 0 kept 1 same 1 mailbox 1 right 1" in run.lines, run.tail()
    assert len(matching(run, "processor 0 SYSCALL came back with 59")) == 2
    # Gone it sees the processor's own answer, and come again the extension's.
    last = [line for line in matching(run, f"processor {processors - 1} brand: ")]
    assert [BRAND in line for line in last[1:3]] == [False, True], last
    assert BRAND not in matching(run, "processor 0 brand: ")[-1], "something is left behind the stop"
    assert "recorded of 100: leaf 0 none, leaf 80000002 all" in run.lines, run.tail()
    found = counters(run)
    for i in everyone:
        assert found["cpuid_override.answers", i] == (103 if i == 0 else 3)
        assert (found["msr_filter.written", i], found["msr_filter.refused", i]) == (2, 1)
        assert [found[f"system_call_log.{name}", i] for name in ("calls", "programs", "unreadable")] == [3, 1, 1]
        assert (found["hidden_hook.calls", i], found["hidden_hook.answered", i]) == ((3, 1) if hooks else (0, 0))
        assert (found["page_policy.filled_in", i], found["page_policy.left_to_rule", i]) == ((1, 1) if hooks else (0, 0))
        assert found["misbehave.starts", i] == 1
        if hooks:
            assert f"processor {i} protected memory: filled in 1, written again 0" in run.lines, run.tail()
    assert matching(run, "log of processor 0: extension system_call_log: true: 0x"), run.tail()
    assert matching(run, "log of processor 0: extension msr_filter: LSTAR refused: 0x"), run.tail()
    assert f"log of processor {processors - 1}: extension misbehave: stopped: {processors - 1:#x}, 0x0" in run.lines, run.tail()


def test_a_hidden_function_hook(tmp_path):
    run = expect_ok(run_examples(tmp_path, "test=extensions log=error hook_pages=32", processors=2))
    assert matching(run, "processor 0 hooked ") == [
        f"processor 0 hooked function of {argument}: {answer}" for argument, answer in ((6, "12345678"), (7, "2a"), (8, "12345678"))]
    assert matching(run, "processor 1 hooked function of 7") == ["processor 1 hooked function of 7: 2a"]
    assert "byte under the hook: b8" in run.lines, "who reads sees the function as it is"


def test_without_extensions(tmp_path):
    run = expect_ok(boot(tmp_path, "test=extensions log=info hook_pages=32", processors=1))
    assert "extensions: 0" in run.lines and not counters(run)
    assert not any(BRAND in line for line in run.lines)
    assert "processor 0 LSTAR: first 1 other 1 kept 0 same 1 mailbox 0 right 0" in run.lines, run.tail()
    assert any(re.match(r"hook: status 118: Hook 0 .* no extension of that number is compiled in", line) for line in run.lines)
    assert "processor 0 protected memory: filled in 0, written again 0" in run.lines, run.tail()
    assert "recorded of 100: leaf 0 none, leaf 80000002 none" in run.lines, run.tail()


def test_a_fault_names_the_extension(tmp_path):
    run = expect_ok(run_examples(tmp_path, "test=extensions log=info provoke=1", processors=2))
    report = matching(run, "log of processor 1: ")
    assert any("fault in root mode: vector 6" in line for line in report), run.tail()
    assert "log of processor 1: root mode was in a callback of the extension misbehave" in report, run.tail()


# --- What the build says of files that it can't take.

GOOD = """#include "core/extensions/extension.h"
using namespace nadir::extension;
struct Good {
    static constexpr About about{"1", "good"};
    BODY
};
NADIR_EXTENSION(Good)
"""


def judge(*arguments) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, ROOT / "cmake" / "extensions.py", *arguments], capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("files, words", [
    (["none.cpp"], "none.cpp doesn't exist"),
    (["good.cpp", "other/good.cpp"], "two extensions are called good"),
    (["empty.cpp"], "empty.cpp registers no extension: a line NADIR_EXTENSION(Type) is missing"),
    (["Bad-Name.cpp"], "up to 16 small letters"),
    (["good.txt"], "no C++ file"),
    (["good.cpp"] * 9, "9 extensions are too many"),
])
def test_files_are_refused_in_words(tmp_path, files, words):
    (tmp_path / "other").mkdir()
    for name in ("good.cpp", "other/good.cpp", "Bad-Name.cpp", "good.txt"):
        (tmp_path / name).write_text(GOOD)
    (tmp_path / "empty.cpp").write_text('#include "core/extensions/extension.h"\n')
    result = judge("files", *(tmp_path / name for name in files))
    assert result.returncode == 1 and words in result.stderr, result.stderr
    assert judge("files", tmp_path / "good.cpp").returncode == 0


def compiled(folder, body: str) -> subprocess.CompletedProcess:
    (folder / "good.cpp").write_text(GOOD.replace("BODY", body))
    flags = (ROOT / "core" / "flags.txt").read_text().split()
    return subprocess.run(["g++", *flags, f"-I{ROOT}", "-DNADIR_EXTENSION_NUMBER=0", '-DNADIR_EXTENSION_NAME="good"', "-c",
                           "-o", folder / "good.cpp.o", folder / "good.cpp"], capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("body, words", [
    ("static void start(Processor& p) { p.count(0); }", None),
    ("static void start(Processor&) { std::string_view(\"a\").substr(2); }", "which core/extensions/extension.h doesn't declare"),
    ("static inline unsigned times; static void start(Processor&) { ++times; }", "is writable data"),
    ("static void start(Processor& p) { auto* f = reinterpret_cast<void (*)()>(p.rip()); f(); }", "calls through a pointer"),
    ("static void start(Processor&) { asm volatile(\"pxor %xmm0, %xmm0\"); }", "vector or floating-point registers"),
])
def test_objects_are_refused_in_words(tmp_path, body, words):
    result = compiled(tmp_path, body)
    assert result.returncode == 0, result.stderr
    judged = judge("objects", tmp_path / "good.cpp.o")
    assert (judged.returncode == 0) == (words is None) and (words or "") in judged.stderr, judged.stderr


@pytest.mark.parametrize("body, words", [
    ("static void cpuid(Processor&, uint32_t, uint32_t, CpuidAnswer&) {}", "cpuid() and cpuid_leaves go together"),
    ("static void strat(Processor&) {}", "an extension has a callback"),
    ("static constexpr MsrRange read_msrs[] = {{2, 1}}; static Answer read_msr(Processor&, uint32_t, uint64_t&) { return {}; }",
     "first <= last"),
    ("static constexpr std::string_view counters[9] = {}; static void start(Processor&) {}", "so many counters aren't shown"),
])
def test_what_does_not_fit_is_said_by_the_compiler(tmp_path, body, words):
    assert words in compiled(tmp_path, body).stderr
