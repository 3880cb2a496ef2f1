# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""The real `nadir` command on this machine: no module, perhaps no VMX, and no right to anything but what a user has."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.quick

FAILED, USAGE, NO_MODULE, NOT_PERMITTED, UNKNOWN = 1, 2, 3, 4, 7
CAPS_STATUSES = {"supported": 0, "unsupported": FAILED, "unknown": UNKNOWN}
with_module = Path("/dev/nadir").exists()


@pytest.fixture(scope="module")
def binary(build: Path) -> Path:
    path = build / "tool" / "nadir"
    assert path.is_file(), f"{path} is missing: was it built?"
    return path


@pytest.fixture
def nadir(binary: Path):
    def run(*words: str, before: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*before, binary, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)

    return run


def test_help_lists_commands_and_statuses(nadir):
    done = nadir("--help")
    assert done.returncode == 0 and not done.stderr
    for word in ("on", "off", "status", "stats", "log", "caps"):
        assert re.search(rf"^  {word} ", done.stdout, re.MULTILINE), word
        assert nadir(word, "--help").returncode == 0
    assert "Exit status" in done.stdout


def test_readme_and_help_agree_on_exit_statuses(nadir, root):
    listed = set(re.findall(r"^  (\d)  ", nadir("--help").stdout, re.MULTILINE))
    documented = set(re.findall(r"^\| (\d) \|", (root / "tool" / "README.md").read_text(), re.MULTILINE))
    assert listed == documented == set("01234567")


def test_version(nadir, root):
    version = (root / "version.txt").read_text().split()[0]
    assert nadir("--version").stdout.startswith(f"nadir {version} (control version ")


@pytest.mark.parametrize("words", [
    [], ["onn"], ["on", "off"], ["on", "--log-level", "loud"], ["stats", "--cpu", "x"], ["stats", "--cpu"],
    ["log", "--lvl"], ["caps", "--from", "/does/not/exist"], ["--json"],
])
def test_wrong_command_line(nadir, words):
    done = nadir(*words)
    assert done.returncode == USAGE
    assert done.stderr.startswith("nadir: ") and not done.stdout


@pytest.mark.skipif(with_module, reason="Nadir's module is loaded here")
@pytest.mark.parametrize("words", [["on"], ["off"], ["status"], ["status", "--json"], ["stats"], ["log"], ["log", "--follow"]])
def test_without_module(nadir, words):
    done = nadir(*words)
    assert done.returncode == NO_MODULE
    assert not done.stdout
    assert "not loaded" in done.stderr and "insmod" in done.stderr


@pytest.mark.skipif(os.getuid() != 0 or not shutil.which("unshare"), reason="needs root and unshare")
def test_device_of_somebody_else(binary):
    """Without a module a file stands in for the device; the open descriptor lets the user reach the program."""
    script = "true" if with_module else "mount -t tmpfs none /dev && touch /dev/nadir && chmod 600 /dev/nadir"
    done = subprocess.run(["unshare", "--mount", "sh", "-c",
                           f"{script} && exec 9<{binary} && exec setpriv --reuid=65534 --regid=65534 --clear-groups "
                           "/proc/self/fd/9 status"],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    if "unshare" in done.stderr or "mount:" in done.stderr or "setpriv" in done.stderr:
        pytest.skip(f"not possible here: {done.stderr.strip()}")
    assert done.returncode == NOT_PERMITTED, done.stderr
    assert "administrators" in done.stderr and "root" in done.stderr


@pytest.mark.skipif(os.getuid() != 0 or not shutil.which("unshare"), reason="needs root and unshare")
def test_device_that_is_not_nadir(binary):
    """Whatever answers there, it isn't a module of this version."""
    done = subprocess.run(["unshare", "--mount", "sh", "-c",
                           f"mount -t tmpfs none /dev && touch /dev/nadir && exec {binary} on"],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    if "unshare" in done.stderr or "mount:" in done.stderr:
        pytest.skip(f"not possible here: {done.stderr.strip()}")
    assert done.returncode == 5, done.stderr
    assert "does not understand" in done.stderr and "one build" in done.stderr


def test_caps_on_this_machine(nadir):
    text, document = nadir("caps"), nadir("caps", "--json")
    caps = json.loads(document.stdout)
    assert text.returncode == document.returncode == CAPS_STATUSES[caps["verdict"]]
    assert sorted(number for kind in caps["processors"] for number in kind["numbers"]) == sorted(os_online())
    for kind in caps["processors"]:
        for finding in kind["findings"]:
            assert set(finding) == {"rule", "severity", "status", "item", "found", "section", "advice"}
            assert finding["found"] in text.stdout
            assert finding["advice"] or finding["severity"] != "refuse"
    if caps["verdict"] == "unsupported":
        assert any(finding["severity"] == "refuse" for kind in caps["processors"] for finding in kind["findings"])


def os_online() -> list[int]:
    numbers: list[int] = []
    for part in Path("/sys/devices/system/cpu/online").read_text().strip().split(","):
        first, _, last = part.partition("-")
        numbers += range(int(first), int(last or first) + 1)
    return numbers


def test_caps_reads_back_what_it_wrote(nadir, tmp_path):
    first = nadir("caps", "--json")
    file = tmp_path / "caps.json"
    file.write_text(first.stdout)
    again = nadir("caps", "--json", "--from", str(file))
    before, after = json.loads(first.stdout), json.loads(again.stdout)
    assert [kind["capabilities"] for kind in before["processors"]] == [kind["capabilities"] for kind in after["processors"]]


def test_caps_without_rights(binary):
    """A user sees no MSRs; that is said, and nothing crashes."""
    if os.getuid() != 0 or not shutil.which("setpriv"):
        pytest.skip("needs root and setpriv")
    done = subprocess.run(["sh", "-c", f"exec 9<{binary} && exec setpriv --reuid=65534 --regid=65534 --clear-groups "
                           "/proc/self/fd/9 caps --json"],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    caps = json.loads(done.stdout)
    assert done.returncode == CAPS_STATUSES[caps["verdict"]]
    assert all(kind["source"] == "CPUID" and not kind["capabilities"]["msr"] for kind in caps["processors"])


def test_output_that_nobody_reads(binary):
    """A closed pipe is an error, not a signal."""
    with subprocess.Popen([binary, "caps", "--json"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as process:
        process.stdout.close()
        assert process.wait(timeout=60) == FAILED


def test_one_file(binary):
    """It is copied into small guests without any library."""
    if b"__asan_init" in binary.read_bytes():
        pytest.skip("the sanitizers can't be linked statically")
    listing = subprocess.run(["file", "-b", binary], capture_output=True, text=True) if shutil.which("file") else None
    libraries = subprocess.run(["ldd", binary], capture_output=True, text=True)
    assert "not a dynamic executable" in libraries.stderr + libraries.stdout or "statically linked" in libraries.stdout, listing
    assert binary.stat().st_size < 8 << 20
