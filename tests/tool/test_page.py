# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""The page of `nadir report --html` in a real browser: it asks for nothing, complains about nothing, and fits."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from .browser import Browser

pytestmark = pytest.mark.quick


@pytest.fixture(scope="module")
def page(build: Path, tmp_path_factory) -> Path:
    found = list(build.glob("**/nadir_tool_faked"))
    assert found, "nadir_tool_faked is missing: was it built?"
    path = tmp_path_factory.mktemp("page") / "report.html"
    subprocess.run([found[0], "report", "--html", path, "--seconds", "2"], check=True, stdin=subprocess.DEVNULL)
    return path


@pytest.fixture(scope="module")
def browser():
    one = Browser()
    yield one
    one.close()


def assert_fits(browser: Browser) -> None:
    assert browser.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "the page itself scrolls sideways"


def test_nothing_is_asked_for_and_nothing_is_wrong(browser, page):
    browser.open(page)
    assert browser.complaints == []
    assert [url for url in browser.requests if not url.startswith(("file:", "data:", "about:"))] == []
    assert len([url for url in browser.requests if url.startswith("file:")]) == 1
    text = browser.evaluate("document.body.innerText")
    for words in ("VM exits over time", "By processor", "By reason", "CPUID", "Rules", "Events", "Capabilities"):
        assert words in text
    for words in ("Hooks\n", "stays", "vfs_write+0x10", "a program's"):
        assert words in text
    assert browser.evaluate("[...document.querySelectorAll('.lane .name')].some(one => one.innerText == 'hook')"), "as an event"
    assert browser.evaluate("[...document.querySelectorAll('td code')].filter(one => one.innerText == 'vfs_read').length") > 2
    assert browser.evaluate("document.querySelectorAll('.chart svg path.edge').length") == 7, "the legend's six, and the others"
    assert_fits(browser)


@pytest.mark.parametrize("width", [320, 390, 768])
def test_narrow(browser, page, width):
    browser.open(page, width=width, height=700)
    assert_fits(browser)
    assert browser.evaluate("Math.min(...[...document.querySelectorAll('.x, .y, td, .lane, .about')].map("
                            "e => parseFloat(getComputedStyle(e).fontSize)))") >= 12


def test_without_javascript_it_is_the_same(browser, page, tmp_path):
    for number, javascript in enumerate((True, False)):
        browser.open(page, javascript=javascript)
        browser.screenshot(tmp_path / f"{number}.png")
    assert (tmp_path / "0.png").read_bytes() == (tmp_path / "1.png").read_bytes()


def luminance(colour: str) -> float:
    parts = [int(number) / 255 for number in re.findall(r"\d+", colour)[:3]]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("dark", [False, True])
def test_readable_in_light_and_dark(browser, page, dark):
    """The contrast that WCAG 2 asks of text, of what is written on cards and beside them."""
    browser.open(page, dark=dark)
    pairs = browser.evaluate("""['.about', '.tile span', 'h2', 'td', '.chip', '.y', 'footer'].map(name => {
        const one = document.querySelector(name); let below = one;
        while (getComputedStyle(below).backgroundColor === 'rgba(0, 0, 0, 0)') below = below.parentElement;
        return [name, getComputedStyle(one).color, getComputedStyle(below).backgroundColor]; })""")
    assert (luminance(pairs[2][1]) > 0.5) == dark
    for name, ink, ground in pairs:
        lighter, darker = sorted((luminance(ink), luminance(ground)), reverse=True)
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5, (name, ink, ground)


def test_printed(browser, page):
    browser.open(page)
    assert browser.pdf().startswith(b"%PDF")
    browser.open(page, print_media=True, dark=True)
    assert browser.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
