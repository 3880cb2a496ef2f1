# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Wine's prefix takes seconds to make, so the tests that use it share one, and keep together (group "wine")."""

from __future__ import annotations

from pathlib import Path

import pytest

from windows import wine


@pytest.fixture(scope="session")
def prefix(tmp_path_factory) -> wine.Prefix:
    made = wine.Prefix(tmp_path_factory.mktemp("wine"))
    yield made
    made.remove()


@pytest.fixture(scope="session")
def nadir_exe() -> Path:
    from windows import products

    return products.tool()
