# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Random sequences of instructions do the same on the bare emulator and under nadir.elf: a fixed part of them, a seed for each
model, and all that once differed. tests/bare/fuzz.py runs others; docs/fuzzing.md explains."""

import subprocess
import sys
from pathlib import Path

import pytest

from emulator import fastboot

from . import corpus, sequences
from .host import ALL_MODELS, MODELS, boot_kernel, guest
from .sequences import PLACE, Bed, describe, digests, first_difference, search
from .shrink import shrink

TOOL = Path(__file__).with_name("fuzz.py")
EVERY_KIND = (1 << 15) - 1  # of enum nadir_event_kind, of those that instructions and interrupts make
QUICK = pytest.param("corei7_skylake_x", 2, 600, marks=pytest.mark.quick)


@pytest.mark.parametrize("model, processors, count", [
    QUICK, *((model, 1, 3000) for model in ALL_MODELS), ("tigerlake", 2, 800), ("corei7_haswell_4770", 4, 300)])
def test_random_sequences(tmp_path, model, processors, count):
    bed = Bed(tmp_path, model, processors)
    found = search(bed, seed=ALL_MODELS.index(model) + 1, count=count)
    assert found is None, f"tests/bare/fuzz.py on {model}: {found.origin}\n{found.line}\n{found.report}"
    # All ran, and not all did the same.
    bare, virtualised = (digests(run) for run in bed.runs)
    assert len(bare) == (count + 255) // 256 == len(virtualised) == len(set(bare.values()))


@pytest.mark.parametrize("model, processors, count", [
    pytest.param("corei7_skylake_x", 1, 600, marks=pytest.mark.quick), ("tigerlake", 1, 600)])
def test_random_sequences_while_everything_is_watched(tmp_path, model, processors, count):
    bed = Bed(tmp_path, model, processors, events=EVERY_KIND)
    found = search(bed, seed=200 + ALL_MODELS.index(model), count=count)
    assert found is None, f"tests/bare/fuzz.py --events {EVERY_KIND} on {model}: {found.origin}\n{found.line}\n{found.report}"
    assert any(line.startswith("events: status 0 ") for line in bed.runs[1].lines), bed.runs[1].tail()


@pytest.mark.quick
def test_what_once_differed_while_everything_is_watched(tmp_path):
    lines = corpus.read_all()
    bed = Bed(tmp_path, events=EVERY_KIND)
    number = first_difference(*bed.both("block=1", lines))
    assert number is None, f"{lines[number]}\n{describe(bed, lines[number])}"


@pytest.mark.quick
@pytest.mark.parametrize("model", MODELS)
def test_what_once_differed(tmp_path, model):
    lines = corpus.read_all()
    assert lines
    bed = Bed(tmp_path, model)
    bare, virtualised = bed.both("block=1", lines)
    number = first_difference(bare, virtualised)
    assert number is None, f"{lines[number]}\n{describe(bed, lines[number])}"
    assert len(digests(bare)) == len(lines)


def test_a_difference_is_found_and_shrunk(tmp_path, monkeypatch):
    """Another model's bare run in place of the right one: its CPUID is another."""
    def other_model(*arguments, **settings):
        return boot_kernel(*arguments, **{**settings, "model": "corei7_sandy_bridge_2600k"})

    monkeypatch.setattr(sequences, "boot_kernel", other_model)
    found = search(Bed(tmp_path, "corei7_ivy_bridge_3770k"), seed=2, count=256)
    assert found is not None and found.origin.startswith("fuzz seed=2 first=")
    assert found.line.count("code=") == 1, found.line
    assert "bare: " in found.report and "virtualised: " in found.report
    saved = tmp_path / "corpus"
    monkeypatch.setattr(corpus, "CORPUS", saved)
    assert corpus.read(corpus.save(found)) == corpus.read_all() == [found.line]


@pytest.mark.quick
def test_shrinking_keeps_what_matters():
    line = "mode=kernel64 pending offset=0xff0 rflags=0x302 rax=0x5 rsp=0x10 dr0=0x1 dr7=0x401 code=90/nop code=0fa2/cpuid code=f4/hlt"

    def differs(lines):
        return ["0fa2" in tried and int(tried.split("rflags=")[1].split()[0], 0) & 0x100 != 0 for tried in lines]

    assert shrink(line, differs) == "mode=kernel64 offset=0x100 rflags=0x102 rsp=0x10 dr7=0x400 code=0fa2/cpuid"
    assert shrink(line, lambda lines: [False] * len(lines)) == line
    # At the end of 4 GiB the places of instructions stay.
    wrapping = shrink(f"{line} wraps", lambda lines: [True] * len(lines))
    assert wrapping == "mode=kernel64 offset=0xff0 rflags=0x2 rsp=0x10 dr7=0x400 code=90/nop code=0fa2/cpuid code=f4/hlt wraps"


@pytest.mark.quick
@pytest.mark.parametrize("script, words", [
    ("# only a comment\n\nmode=user32 wraps pending rflags=0x2 code=0fa2/cpuid code=90/nop", "ok"),
    ("mode=kernel64 code=9", "fail: the script holds"),
    ("mode=kernel64 code=90 rax=x", "fail: the script holds"),
    ("mode=kernel64 offset=0x1000 code=90", "fail: the script holds"),
    ("mode=kernel64 " + "code=90 " * 9, "fail: the script holds"),
    ("mode=kernel64 code=90 " + "rax=0x1 " * 200, "fail: the script holds")], ids=range(6))
def test_scripts(tmp_path, script, words):
    module = fastboot.Module(script.encode(), "sequences")
    run = boot_kernel(tmp_path, guest("conformance.elf"), f"{PLACE} fuzz", [module])
    assert f"@@ result {words}" in run.serial, run.tail()


@pytest.mark.quick
def test_a_wrong_line_is_named_as_an_editor_counts(tmp_path):
    module = fastboot.Module(b"# a comment\n\nmode=user32 code=90/nop\nmode=user32 code=9\n", "sequences")
    run = boot_kernel(tmp_path, guest("conformance.elf"), f"{PLACE} fuzz", [module])
    assert "fuzz: line 4 of the script is no sequence" in run.lines, run.tail()


@pytest.mark.quick
@pytest.mark.parametrize("words, said_why", [
    (["--seed=-1"], "'-1' is no whole number from 0"), (["--seed", 1 << 64], f"to {(1 << 64) - 1}"),
    (["--count=0"], "--count: '0' is no whole number from 1"), (["--minutes=0"], "--minutes: '0' is no number above 0"),
    (["--processors=0"], "from 1 to 15"), (["--model=bogus"], "choose from"),
    (["--replay", "binary"], "binary isn't text"), (["--replay", "empty"], "empty holds no sequence"),
    (["--replay", "nothing"], "nothing isn't a file")], ids=str)
def test_wrong_words(tmp_path, words, said_why):
    (tmp_path / "binary").write_bytes(b"\x7fELF\xff")
    (tmp_path / "empty").write_text("# only a comment\n\n")
    done = subprocess.run([sys.executable, TOOL, *map(str, words)], cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True)
    assert done.returncode == 2 and said_why in done.stderr and "Traceback" not in done.stderr, done.stderr


@pytest.mark.quick
@pytest.mark.parametrize("line", ("fuzz block=0", "fuzz first="))
def test_a_wrong_command_line(tmp_path, line):
    run = boot_kernel(tmp_path, guest("conformance.elf"), f"{PLACE} {line}")
    assert "@@ result fail: give a part" in run.serial, run.tail()
