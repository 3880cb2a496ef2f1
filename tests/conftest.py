# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""What all tests share.

Marks: whole folders that take seconds are `quick` (QUICK_FOLDERS); elsewhere a test says so itself. Tests that share an
expensive fixture of their module should keep together: `pytestmark = pytest.mark.xdist_group("name")`.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from emulator import bochs

ROOT = Path(__file__).resolve().parents[1]
QUICK_FOLDERS = {"unit", "structure"}


@pytest.fixture(scope="session")
def root() -> Path:
    """The root of the source tree."""
    return ROOT


@pytest.fixture(scope="session")
def build() -> Path:
    """The folder with what CMake built."""
    return Path(os.environ.get("NADIR_BUILD", ROOT / "build" / "gcc"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        folder = item.path.relative_to(ROOT / "tests").parts[0]
        if folder in QUICK_FOLDERS and not item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.quick)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    """A failed test shows how its emulator runs ended."""
    outcome = yield
    report = outcome.get_result()
    if call.when == "setup" and not report.failed:
        return
    if report.failed:
        for run in bochs.recent_runs:
            report.sections.append(("emulator", run.tail()))
    if call.when == "teardown":
        bochs.recent_runs.clear()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Memory and disk images are large and can be made again; logs stay."""
    base = session.config._tmp_path_factory.getbasetemp()
    for pattern in ("*.img", "*.iso"):
        for path in base.rglob(pattern):
            path.unlink(missing_ok=True)


class _Counter:
    """Replaces pytest's closing line by ours, which is the last line of ./test."""

    def __init__(self, reporter) -> None:
        self._reporter = reporter

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        stats = self._reporter.stats

        def count(*names: str) -> int:
            return sum(len(stats.get(name, [])) for name in names)

        line = f"{count('passed', 'xpassed')} passed, {count('failed', 'error')} failed"
        skipped = count("skipped", "xfailed", "deselected") - count("deselected")
        print(line + (f", {skipped} skipped" if skipped else ""), flush=True)


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    reporter = config.pluginmanager.getplugin("terminalreporter")
    if reporter is not None and not hasattr(config, "workerinput"):
        reporter.summary_stats = lambda: None
        config.pluginmanager.register(_Counter(reporter), "nadir-counter")
