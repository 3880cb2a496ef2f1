# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""hosts/windows/nadir.inf: what a primitive driver's INF has to have, and no loose ends. Windows' own judge is InfVerif."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from emulator.places import ROOT

FILE = ROOT / "hosts" / "windows" / "nadir.inf"


def parse(text: str) -> dict[str, list[tuple[str, str]]]:
    """section: (name, value) of its lines; a line without `=` has no value. Names in lower case, as INFs don't care."""
    sections: dict[str, list[tuple[str, str]]] = {}
    lines: list[tuple[str, str]] = []
    for line in text.splitlines():
        line = re.sub(r';(?=(?:[^"]*"[^"]*")*[^"]*$).*', "", line).strip()
        if line.startswith("["):
            lines = sections.setdefault(line.strip("[]").lower(), [])
        elif line:
            name, _, value = line.partition("=")
            lines.append((name.strip().lower(), value.strip()))
    return sections


def inf_problems(text: str, version: str) -> list[str]:
    sections = parse(text)
    values = {name: dict(lines) for name, lines in sections.items()}
    found = []
    for name in ("signature", "class", "classguid", "provider", "catalogfile", "driverver", "pnplockdown"):
        if not values.get("version", {}).get(name):
            found.append(f"[Version] has no {name}")
    if values.get("version", {}).get("driverver", "").rpartition(",")[2] != f"{version}.0":
        found.append(f"DriverVer is not of version {version}")
    for name in ("manufacturer", "defaultinstall", "defaultuninstall"):
        if name in sections:
            found.append(f"[{name}]: then it is no primitive driver")
    services = values.get("defaultinstall.ntamd64.services", {}).get("addservice", "").split(",")
    service = values.get(services[-1].strip().lower(), {})
    if service.get("servicetype") != "1" or service.get("starttype") != "3":
        found.append("the service is no kernel driver that is started on demand")
    if service.get("servicebinary") != r"%13%\nadir.sys" or values.get("destinationdirs", {}).get("defaultdestdir") != "13":
        found.append("the driver does not run from the driver store")
    copied = {name for part in values.get("defaultinstall.ntamd64", {}).get("copyfiles", "").split(",")
              for name, _ in sections.get(part.strip().lower(), [])}
    if copied != set(values.get("sourcedisksfiles", {})) or "nadir.sys" not in copied:
        found.append("the files that are copied are not those of [SourceDisksFiles]")
    used = {name.lower() for lines in sections.values() for _, value in lines for name in re.findall(r"%([^%\d]+)%", value)}
    found += [f"%{name}% is not in [Strings]" for name in sorted(used - set(values.get("strings", {})))]
    return found


def version() -> str:
    return (ROOT / "version.txt").read_text().split()[0]


def test_the_inf_is_right():
    assert inf_problems(FILE.read_text(), version()) == []


@pytest.mark.parametrize("old, new, said", [
    ("PnpLockdown = 1", "", "no pnplockdown"),
    ("0.1.0.0", "9.9.9.0", "not of version"),
    ("[Strings]", "[Manufacturer]\n[Strings]", "no primitive driver"),
    ("StartType     = 3", "StartType = 0", "on demand"),
    (r"%13%\nadir.sys", r"%12%\nadir.sys", "driver store"),
    ("nadir.sys = 1", "other.sys = 1", "SourceDisksFiles"),
    ("Disk        =", "Disc =", "%disk% is not"),
])
def test_a_mistake_is_named(old, new, said):
    text = FILE.read_text()
    assert old in text
    found = inf_problems(text.replace(old, new), version())
    assert len(found) == 1 and said in found[0], found


def test_comments_and_strings_are_told_apart():
    assert parse('[A]\nx = "a;b" ; c\n') == {"a": [("x", '"a;b"')]}


def test_lines_end_as_windows_and_git_like():
    assert b"\r" not in Path(FILE).read_bytes()  # either end is right for Windows; one of them is the tree's
