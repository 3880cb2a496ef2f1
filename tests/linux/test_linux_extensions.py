# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""The examples of extensions, compiled into nadir.ko: what programs and the kernel of a running Linux see of them on two processors."""

import re
import subprocess
from pathlib import Path

import pytest

from emulator import debian, product

from . import guest

pytestmark = [pytest.mark.xdist_group("linux-extensions")]

SCRIPT = """
load; insmod /lib/modules/msr.ko
section plain; extensions list; extensions brand
section on; extensions on
section seen; extensions brand; extensions calls; extensions protect
rules write 0xC0000082 0xffffffff81000000; rules read 0x4E616469
section hook; insmod /lib/modules/nadir_probe.ko
printf '%x t nadir_probe_target\\n' $(($(cat /sys/module/nadir_probe/sections/.text) + offset)) > /tmp/symbols
hook() { nadir hook --symbols /tmp/symbols nadir_probe_target "$@" 2>&1; }
ask() { for value in 6 7 8; do taskset $1 sh -c "echo ask $value > /proc/nadir_probe"; done; dmesg -c | grep -oE 'nadir_probe: .* answered.*'; }
ask 1; hook --call hidden_hoax; hook --call cpuid_override; hook --call hidden_hook --keep; ask 1; ask 2; extensions list; nadir hook --clear > /dev/null; ask 2
section programs; extensions list; for i in 1 2 3 4 5 6 7 8; do /bin/rules; done; extensions list
section hotplug; echo 0 > /sys/devices/system/cpu/cpu1/online; echo 1 > /sys/devices/system/cpu/cpu1/online
extensions brand; extensions calls
section off; request off; extensions brand; extensions list; rules read 0x4E616469
dmesg -c > /dev/null
finish
"""
BRAND = "Nadir's own processor, seen from beneath"


def offset_in_text(module: Path, symbol: str) -> int:
    listing = subprocess.run(["nm", module], capture_output=True, text=True, check=True).stdout
    (address,) = [line.split()[0] for line in listing.splitlines() if line.endswith(f" {symbol}")]
    return int(address, 16)


@pytest.fixture(scope="module")
def boot(tmp_path_factory):
    # Reading all symbols takes the emulator long.
    offset = f"offset={offset_in_text(guest.helper_module('probe'), 'nadir_probe_target'):#x}"
    return guest.boot(tmp_path_factory.mktemp("extensions"), f"{offset}\n{SCRIPT}",
                      programs=("request", "rules", "extensions", "nadir"),
                      modules=[debian.kernel().module("msr"), guest.helper_module("probe")], nadir=product.module_with_examples())


def lines(boot, section: str, start: str) -> list[str]:
    return [line.rstrip() for line in boot[section] if line.startswith(start)]


def counters(boot, section: str, which: int = -1) -> dict[tuple[str, int], int]:
    """Of the list with this number in the section."""
    found: list[dict[tuple[str, int], int]] = [{}]
    for line in boot[section]:
        if match := re.fullmatch(r"counter (\S+) of processor (\d): (\d+)", line):
            found[-1][match[1], int(match[2])] = int(match[3])
        elif line.startswith("extensions: "):
            found.append({})
    return found[:-1][which]


def test_machine_runs_on(boot):
    guest.assert_quiet(boot)


def test_the_list_needs_no_nadir_that_is_on(boot):
    assert [line.split()[2] for line in lines(boot, "plain", "extension ")] == [
        "cpuid_override", "hidden_hook", "msr_filter", "page_policy", "system_call_log"]
    assert set(counters(boot, "plain").values()) == {0}
    assert not any(BRAND in line for line in boot["plain"])


@pytest.mark.parametrize("section", ["seen", "hotplug"])
def test_cpuid_override(boot, section):
    assert lines(boot, section, "brand ") == [f"brand {number}: {BRAND}" for number in (0, 1)]


@pytest.mark.parametrize("section", ["seen", "hotplug"])
def test_system_calls_are_counted(boot, section):
    counted = [int(line.split()[-1]) for line in lines(boot, section, "calls ")]
    assert len(counted) == 2 and all(1000 <= count < 1200 for count in counted), counted


def test_programs_are_counted(boot):
    before, after = (sum(counters(boot, "programs", i)["system_call_log.programs", number] for number in (0, 1)) for i in (0, 1))
    assert after - before >= 8


def test_msr_filter(boot):
    assert [line.split()[2] for line in lines(boot, "seen", "write ")] == ["EIO", "EIO"]
    assert lines(boot, "seen", "read ") == [f"read {number}: done ffffffff81000000" for number in (0, 1)]
    assert counters(boot, "programs")["msr_filter.refused", 1] == 1


def test_page_policy(boot):
    assert lines(boot, "seen", "protect: ")[0].startswith("protect: status 0"), boot.text("seen")
    assert lines(boot, "seen", "protected ") == ["protected 0: 1111 1111", "protected 1: 1111 1111"]
    assert lines(boot, "seen", "afterwards") == ["afterwards: 3333"]
    assert counters(boot, "programs")["page_policy.filled_in", 1] == 1


def test_hidden_hook(boot):
    """A function of a module isn't run when it is asked about 7, on either processor."""
    assert 'There is no extension "hidden_hoax".' in boot.text("hook") and 'Did you mean "hidden_hook"?' in boot.text("hook")
    assert "no extension of that number is compiled in, or it has no callback" in boot.text("hook"), "cpuid_override"
    own, called = ([f"nadir_probe: {value} answered {value + 1}" for value in (6, 7, 8)] for _ in range(2))
    called[1] = "nadir_probe: 7 answered 42"
    assert lines(boot, "hook", "nadir_probe:") == [*own, *called, *called, *own]
    assert any(re.match(r" +0 +stays +\S+ -> extension 1$", line) for line in boot["hook"]), boot.text("hook")
    found = counters(boot, "hook")
    assert [found[f"hidden_hook.{counter}", number] for counter in ("calls", "answered") for number in (0, 1)] == [3, 3, 1, 1]


def test_nothing_is_left_of_them(boot):
    assert not any(BRAND in line for line in lines(boot, "off", "brand "))
    assert set(counters(boot, "off").values()) == {0}
