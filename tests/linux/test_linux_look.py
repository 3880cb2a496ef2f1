# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""`nadir top`, `stats --watch` and `report` on a running Linux of two processors: on its serial console as on a terminal, in a
report that must not give anything away, and as a page that a browser of this machine opens."""

from __future__ import annotations

import base64
import gzip
import re
from pathlib import Path

import pytest
from tool.browser import Browser
from tool.terminal import pyte

from . import guest

pytestmark = pytest.mark.xdist_group("linux-look")

PRIVATE = ("kestrel", "mallory", "52:54:00:12:34:56", "10.1.2.3", "secretd", "root=/dev/planted")

FUNCTION = "__x64_sys_arch_prctl"

SCRIPT = f"""
load
echo kestrel > /proc/sys/kernel/hostname; export USER=mallory
echo 'nadir: planted by mallory on kestrel, 52:54:00:12:34:56, 10.1.2.3, RIP ffffffff9a3b4c5d, RSP ffffc90000123456' > /dev/kmsg
cp /bin/rules /bin/secretd; while true; do secretd cpuid 0x80000000; usleep 20000; done > /dev/null 2>&1 &
busy=$!
section off; nadir stats --watch 0.2 --count 1; nadir report | grep -A1 -E '^=== (Status|VM exits)'
section on; nadir on
nadir set cpuid 80000000 ebx=0x6964614e > /dev/null
# Each program that begins sets its thread area by this call. Of all symbols the early ones are read, which takes the emulator long.
section hook; grep -m1 ' {FUNCTION}$' /proc/kallsyms > /tmp/symbols; nadir hook {FUNCTION} --keep --symbols /tmp/symbols
section lines; nadir stats --watch 0.3 --count 2 | cat; TERM=vt100 nadir top --every 0.3 --count 1 --symbols /tmp/symbols | cat
section top; stty cols 80 rows 24 < /dev/console
{{ usleep 1200000; printf s; usleep 600000; printf q; }} | TERM=vt100 nadir top --every 0.3 --symbols /tmp/symbols; code=$?; echo; echo "== status $code"
section narrow; stty cols 40 rows 16 < /dev/console; TERM=linux nadir top --every 0.3 --count 1 --symbols /tmp/symbols < /dev/null
section stty; stty -a < /dev/console
section report; nadir report --symbols /tmp/symbols
section where; head -n1 /proc/kallsyms; grep -m1 ' _stext' /proc/kallsyms; grep '^nadir ' /proc/modules; uname -r
section private; nadir report --private --symbols /tmp/symbols | grep -E 'host name|PRIVATE'
section page; nadir report --html /tmp/page.html --seconds 2 --symbols /tmp/symbols; ls -l /tmp/page.html
section html; busybox gzip -c /tmp/page.html | busybox base64
kill $busy
section end-of-all; request off
nadir report | grep -A1 -E '^=== Status'
finish
"""


@pytest.fixture(scope="module")
def boot(tmp_path_factory):
    return guest.boot(tmp_path_factory.mktemp("look"), SCRIPT, programs=("request", "nadir", "rules"), append="root=/dev/planted",
                      files={f"lib/terminfo/{kind[0]}/{kind}": Path(f"/lib/terminfo/{kind[0]}/{kind}") for kind in ("vt100", "linux")})


def test_machine_runs_on(boot):
    guest.assert_quiet(boot)
    assert "Nadir is on: 2 processors" in boot.text("on") and boot.report("end-of-all", "off")["status"] == 0


def test_without_nadir(boot):
    assert "Nadir is off" in boot["off"][0]
    assert boot.text("off").count("Nadir is off") >= 2 and "Nadir is off: 0 of 2" in boot.text("end-of-all")


def test_lines(boot):
    lines = [line for line in boot["lines"] if "/s" in line]
    assert len(lines) == 3 and all(re.search(r"/s  cpu 0 [\d.,]+  cpu 1 [\d.,]+  \|.*  CPUID [\d.,]+", line) for line in lines)
    assert "(standard output is no terminal" in boot.text("lines") and "\x1b" not in boot.text("lines")


def shown(boot, section: str, behind: str, columns: int, rows: int) -> list[str]:
    """What a person at the serial console saw last."""
    # As it came over the line: Python makes one character of a carriage return and a line feed, which the terminal needs.
    serial = (boot.run.directory / "serial.txt").read_bytes().decode(errors="replace")
    text = re.split(rf"== {section}\r?\n", serial)[1].split(f"== {behind}")[0]
    # Without what is said to the terminal at the end: other keys again, or its cursor.
    text = text[:max(text.rfind("\x1b[?1l"), text.rfind("\x1b[?25h"))]
    screen = pyte.Screen(columns, rows)
    pyte.Stream(screen).feed(text)
    return [line.rstrip() for line in screen.display]


def test_top_on_the_serial_console(boot):
    lines = shown(boot, "top", "status", 80, 24)
    text = "\n".join(lines)
    assert lines and "nadir top  on: 2 of 2 processors" in lines[0], text
    assert "reason, by name" in text, "the key s"
    for words in ("  0 on", "  1 on", "cost: at least", "ticks of a CPUID", "cpuid 80000000 ebx=0x6964614e", " 10 CPUID"):
        assert words in text, text
    assert re.search(r"10 CPUID +[\d.,]+", text)
    hits = re.search(rf"^stays +{FUNCTION} +([\d.,]+) +([\d,]+)$", text, re.MULTILINE)
    assert hits and float(hits[1].replace(",", "")) > 0 and int(hits[2].replace(",", "")) > 0, text
    assert "== status 0" in boot.run.serial


def test_top_of_forty_columns(boot):
    lines = shown(boot, "narrow", "stty", 40, 16)
    assert lines and " 10 CPUID" in "\n".join(lines) and any("exits/s" in line for line in lines)
    assert re.search(rf"^hooks +hits/s +in all\n{FUNCTION[:15]}\S* +[\d.,]+ +[\d,]+\nrules +answers/s +in all\n.*cpuid", "\n".join(lines),
                     re.MULTILINE), lines


def test_the_terminal_is_as_it_was(boot):
    assert " icanon" in boot.text("stty") and " echo " in boot.text("stty")


def test_report_has_what_it_needs(boot):
    text = boot.text("report")
    for words in ("nadir report 1", "=== Versions ===", "kernel taint:", "Nadir is on: 2 of 2", "10 CPUID",
                  "cpuid 80000000 ebx=0x6964614e", "in VMX non-root operation", "=== The last VM exits ===", "Processor 1 (on)",
                  "=== Hooks ===", "No VM entry has failed", "\"verdict\": \"supported\"", "=== End ==="):
        assert words in text, words
    assert boot["where"][-1] in text, "the kernel's version"
    assert re.search(rf"^ +[1-9][\d,]*  stays +{FUNCTION}$", text, re.MULTILINE)
    assert re.search(r"\] nadir: planted by \[name\] on \[name\], \[MAC\], \[IP\], RIP ffffffffd0000c5d, RSP ffff888000000456", text)


def test_report_gives_nothing_away(boot):
    text = boot.text("report")
    assert [word for word in PRIVATE if word in text] == []
    # Of kernel and programs only what is the same on each machine: the kernel's code unmoved, of others an offset in a page.
    before = text.split("=== Capabilities ===")[0]
    addresses = {int(digits, 16) for digits in re.findall(r"\b(?:0x)?([0-9a-f]{11,16})\b", before)}
    kernel = {address for address in addresses if 0xFF00 << 48 <= address < 0xFFFFFFFF << 32 | 0xFF000000}
    assert kernel, "there are some"
    assert [hex(address) for address in kernel if address & ~0x3FFFFFF not in (0xFFFFFFFF81000000 & ~0x3FFFFFF, 0xFFFFFFFF84000000)
            and address >> 24 != 0xFFFFFFFFC0 and address & ~0xFFF not in (0xFFFFFFFFD0000000, 0xFFFF888000000000)] == []
    assert {address & ~0xFFF for address in addresses if 0x55 << 40 <= address < 1 << 47} <= {0x555555554000}
    where = boot["where"]
    module = next(line.split()[5] for line in where if line.startswith("nadir "))
    assert module not in text or module == "0xffffffffc0000000"


def test_private_is_said_to_be(boot):
    assert boot["private"][0].startswith("PRIVATE") and boot["private"][1].split() == ["host", "name:", "kestrel"]


def test_page_opens_in_a_browser(boot, tmp_path):
    page = tmp_path / "report.html"
    page.write_bytes(gzip.decompress(base64.b64decode("".join(boot["html"]))))
    text = page.read_text()
    assert [word for word in PRIVATE if word in text] == []
    browser = Browser()
    try:
        browser.open(page)
        assert browser.complaints == [] and not [url for url in browser.requests if not url.startswith(("file:", "data:", "about:"))]
        shown = browser.evaluate("document.body.innerText")
        for words in ("on: 2 of 2 processors", "processor 1", "CPUID", "ebx=0x6964614e", "Capabilities", "leaf 0x", FUNCTION, "stays"):
            assert words in shown, words
        assert re.search(r"\d+ seen, \d+ lost", shown) and browser.evaluate("document.querySelectorAll('.lane').length") >= 3
        lanes = browser.evaluate("[...document.querySelectorAll('.lane .name')].map(one => one.innerText)")
        assert {"cpuid", "rule", "hook"} <= set(lanes), lanes
        browser.screenshot(tmp_path / "page.png")
    finally:
        browser.close()
