# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""compare.py tells equal runs from different ones, and says which lines differ and how each run ended."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from emulator.bochs import Run

from . import comparison
from .compare import main
from .host import guest

pytestmark = pytest.mark.quick

EQUAL, DIFFERENT, IMPOSSIBLE = 0, 1, 2
TOOL = Path(__file__).with_name("compare.py")


def compare(directory, *words):
    done = subprocess.run([sys.executable, TOOL, "-d", directory, *map(str, words)], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def run(text, reason="shutdown", log="", **settings):
    return Run(reason=reason, seconds=1, directory=Path("."), serial=text, serial2="", log=log, debugger="", exit_status=0,
               **settings)


VIRTUALISED = "[CPU0  ] CPU is in long mode (active, vmx guest)\n"


def test_an_image_that_sees_no_difference(tmp_path):
    status, said, _ = compare(tmp_path, guest("conformance.elf"), "--arguments", "below=64 trace", "-n", 2)
    assert status == EQUAL, said
    assert "-- equal: conformance.elf below=64 trace on corei7_skylake_x, processors 2: " in said
    assert " bare (shutdown), " in said and " virtualised (shutdown), 0 different" in said


def test_an_image_that_sees_its_boot_loader(tmp_path):
    words = guest("guest_elf"), "-a", "one two", "--module", f"{guest('guest_elf')}:second one", "-n", 2
    status, said, _ = compare(tmp_path, *words)
    assert status == DIFFERENT
    lines = said.splitlines()
    assert "-guest: loader: fastboot" in lines and "+guest: loader: nadir" in lines
    assert any("try --same-loader" in line for line in lines)
    # What both print isn't shown: the tool's own image with its module, and the other processor.
    assert not any("command line" in line or "module second one" in line or "others started" in line for line in lines)
    assert lines[-1].startswith("-- NOT EQUAL: guest_elf one two on corei7_skylake_x, processors 2: ")
    # These lines and CR0 (whose CD and NW the BIOS leaves set) were all, and from the same boot loader nothing is left.
    status, said, _ = compare(tmp_path, *words, "--ignore", "guest: (loader|upper|memory|bios|cr0).*")
    assert status == EQUAL, said
    status, said, _ = compare(tmp_path, *words, "--same-loader", "--verbose")
    assert status == EQUAL, said
    assert "guest: command line: one two" in said and "guest: module second one bytes " in said
    assert "try --same-loader" not in said


def test_several_machines_in_turn(tmp_path):
    status, said, _ = compare(tmp_path, guest("guest_elf"), "--same-loader", "-n", 1, "-n", 2, "-m", "corei7_haswell_4770", "-m",
                              "tigerlake")
    assert status == EQUAL, said
    verdicts = [re.match("-- equal: guest_elf on (.*): [0-9]+ lines", line).group(1) for line in said.splitlines()]
    assert verdicts == [f"{model}, processors {processors}" for model in ("corei7_haswell_4770", "tigerlake")
                        for processors in (1, 2)]


def test_an_image_that_does_not_end_by_itself(tmp_path):
    status, said, _ = compare(tmp_path, guest("conformance.elf"), "-a", "below=64 triple")
    assert status == DIFFERENT
    for name in ("bare", "virtualised"):
        assert f"the {name} run didn't end by itself: panic" in said


@pytest.mark.parametrize("content, said_why", [
    (b"text", "not a little-endian ELF file (perhaps --same-loader)"), (None, "isn't a file")])
def test_what_cannot_be_run(tmp_path, content, said_why):
    file = tmp_path / "image"
    if content is not None:
        file.write_bytes(content)
    status, _, complaint = compare(tmp_path, file)
    assert status == IMPOSSIBLE and said_why in complaint


@pytest.mark.parametrize("word", ("--ignore=(", "--module=/does/not/exist:x", "--processors=two", "--processors=0",
                                  "--processors=-1", "--model=bogus", "--timeout=0", "--memory=1"))
def test_wrong_words(tmp_path, word):
    status, _, complaint = compare(tmp_path, guest("guest_elf"), word)
    assert status == IMPOSSIBLE and word.split("=")[0] in complaint


def test_a_reader_who_has_seen_enough(tmp_path):
    """As `compare.py ... | head -1`, with a reader that is gone before anything is printed."""
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([sys.executable, TOOL, "-d", tmp_path, guest("guest_elf"), "--verbose"], stdin=subprocess.DEVNULL,
                          stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    assert done.returncode == DIFFERENT and done.stderr == ""


@pytest.mark.parametrize("words, reason, status", [
    ([], "shutdown", DIFFERENT), (["--any-order"], "shutdown", EQUAL), (["--any-order"], "timeout", DIFFERENT),
    (["--ignore", "[12]"], "shutdown", EQUAL)])
def test_what_counts(tmp_path, monkeypatch, capsys, words, reason, status):
    """From the command line to the verdict, with runs that nobody made: on the first of two machines something differs."""
    settings = []

    def canned(log, *texts):
        def make(directory, image, *words, **given):
            settings.append(given)
            first = given["processors"] == 1
            return run(texts[0 if first else 1], reason if first else "shutdown", log=log)
        return make

    monkeypatch.setattr(comparison, "bare", canned("", "line 1\nline 2\n", "line\n"))
    monkeypatch.setattr(comparison, "virtualised", canned(VIRTUALISED, f"{comparison.ENTERING}\nline 2\nline 1\n",
                                                          f"{comparison.ENTERING}\nline\n"))
    monkeypatch.setattr(sys, "argv", ["compare.py", str(guest("guest_elf")), "-d", str(tmp_path), "-n", "1", "-n", "2",
                                      "-t", "7", "--memory", "64", "--bad-msrs-read-0", *words])
    assert main() == status
    assert settings == [{"model": "corei7_skylake_x", "processors": processors, "memory_mib": 64, "timeout": 7,
                         "ignore_bad_msrs": True} for processors in (1, 1, 2, 2)]
    said = capsys.readouterr().out
    assert said.count("-- equal") == (2 if status == EQUAL else 1)
    assert ("+line 2" in said) == (words == [])


def test_differences():
    bare, virtualised = ["a", "took 5 ms", "b"], ["b", "took 7 ms", "a", "c"]
    assert comparison.differences(bare, bare) == []
    assert comparison.differences(["a", "-- x", "++ y"], ["a"]) == ["--- x", "-++ y"]
    assert comparison.differences(["a"], []) == ["-a"] and comparison.differences([], ["a"]) == ["+a"]
    assert comparison.differences(["a 5", "b 6"], ["a 7", "b 6"], ["[0-9]$"]) == []
    assert comparison.differences(["a 5", "b 6"], ["b 6"], ["[0-9]$"]) == ["-a [...]"]
    assert comparison.differences(["a 5", "b 6"], ["b 6"], ["a [0-9]"]) == []
    assert comparison.differences(["a 5", "b 6"], ["a 7", "c 6"], ["[0-9]"]) == ["-b [...]", "+c [...]"]
    assert comparison.differences(bare, virtualised, ["[0-9]+ ms"], any_order=True) == ["+c"]
    assert comparison.differences(["a", "a"], ["a"], any_order=True) == ["-a"]


def test_lines_of_the_image():
    assert comparison.guest_lines(run("x\ny\n")) == ["x", "y"]
    assert comparison.guest_lines(run(f"x\n{comparison.ENTERING}, bare\ny\n{comparison.ENTERING}\n")) == [
        "y", comparison.ENTERING]


@pytest.mark.parametrize("one, other, complaint", [
    (run("x"), run(f"{comparison.ENTERING}\nx", log=VIRTUALISED), None),
    (run("x"), run(f"{comparison.ENTERING}\nx"), "no processor was virtualised"),
    (run("x", log=VIRTUALISED), run(f"{comparison.ENTERING}\nx", log=VIRTUALISED), "the bare run ended within a hypervisor"),
    (run("x"), run("start: status 3", log=VIRTUALISED), "entering the image: start: status 3"),
    (run("x"), run(""), "entering the image: no word"),
    (run("x", "timeout"), run(f"{comparison.ENTERING}\nx", "timeout"), "the bare run didn't end by itself: timeout"),
    (run("x"), run(f"{comparison.ENTERING}\nx", "reset"), "bare by shutdown, virtualised by reset"),
    (run("x"), run(f"{comparison.ENTERING}\nx", log=f"{VIRTUALISED}VMENTER FAIL: y"), "VMENTER FAIL: y"),
    (run("@@ result fail: y"), run(f"{comparison.ENTERING}\n@@ result fail: y", log=VIRTUALISED),
     "the bare run failed by its own word: @@ result fail: y\nthe virtualised run failed by its own word: @@ result fail: y"),
    (run("x", log=">>PANIC<< z"), run(f"{comparison.ENTERING}\nx", log=VIRTUALISED), "on the bare run: >>PANIC<< z"),
])
def test_complaints(one, other, complaint):
    found = comparison.complaints(one, other)
    assert (complaint in "\n".join(found)) if complaint else not found, found
