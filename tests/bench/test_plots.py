# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""The plots of docs/performance are what their data say, and the data are what the code of today does."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).resolve().parents[2]
import plots
from costs import growth
from costs.figures import MODEL, growth_of_tables
from costs.svg import LABEL_HEIGHT, Axis, Chart, Line, _apart
from emulator import product

DATA = json.loads(plots.DATA.read_text())

pytestmark = [pytest.mark.quick, pytest.mark.xdist_group("bench")]


def test_the_plots_are_drawn_from_the_data():
    drawn = plots.draw(DATA)
    assert {path.name for path in plots.FOLDER.glob("*.svg")} == set(drawn)
    for name, content in drawn.items():
        assert (plots.FOLDER / name).read_text() == content, f"{name} is another one: run bench/plots.py"
        ElementTree.fromstring(content)


def test_a_document_shows_each_plot():
    shown = set(re.findall(r"\(performance/([\w-]+\.svg)\)", (ROOT / "docs" / "performance.md").read_text()))
    assert shown == set(plots.draw(DATA))


@pytest.mark.parametrize("part", ["memory", "address_bits"])
def test_the_data_are_what_the_tables_take_now(part):
    assert growth_of_tables()[part] == DATA[part], "the tables have changed: run bench/plots.py --measure"


def test_tables_grow_as_they_should():
    usual = {entry["memory_gib"]: entry for entry in DATA["memory"] if entry["firmware"] == "usual" and entry["pages_1g"]}
    # A PML4, a table per 512 GiB, and those for the first MiB, a hole of ours, and where it lies.
    for size, entry in usual.items():
        assert entry["touched_bytes"] <= 4096 * (7 + -(-size // 512)), entry
        assert entry["by_turns"] == 0 and entry["violations"] <= size // 512, entry
        assert entry["start_bytes"] <= entry["touched_bytes"] <= entry["pool_bytes"], entry
    # Without 1-GiB pages it is a table per GiB, until the pool is empty.
    small = [entry for entry in DATA["memory"] if entry["firmware"] == "usual" and not entry["pages_1g"]]
    assert all(entry["violations"] + 1 >= entry["memory_gib"] for entry in small)
    assert [entry["memory_gib"] for entry in small if entry["by_turns"]][0] > 128
    assert all(entry["own_bytes_per_processor"] > 0 for entry in small if entry["by_turns"])


def test_each_processor_costs_the_same(tmp_path):
    one, many = (growth.on_processors(count, product.bare_kernel(), tmp_path / str(count), MODEL) for count in (1, 4))
    for what in ("enter", "leave"):
        # The emulator's processors take turns, five instructions at a time.
        assert len(many[what]) == 4 and all(abs(ticks - one[what][0]) <= 5 for ticks in many[what]), (one, many)
    assert many["bytes_per_processor"] == one["bytes_per_processor"]
    added = (many["bytes_total"] - one["bytes_total"]) / 3
    assert one["bytes_per_processor"] <= added <= one["bytes_per_processor"] + 12 * 1024
    # So it was when the plots were drawn.
    assert [row["processors"] for row in DATA["processors"]] == list(range(1, 9))
    assert all(abs(ticks - row["enter"][0]) <= 5 for row in DATA["processors"] for ticks in row["enter"])


def test_labels_keep_apart():
    heights = [100, 101, 340, 345, 103]
    placed = _apart(heights)
    in_order = sorted(placed)
    assert all(b - a >= LABEL_HEIGHT for a, b in zip(in_order, in_order[1:]))
    assert placed.index(min(placed)) == 0 and max(placed) <= 346


def test_what_lies_outside_an_axis_is_refused():
    axis = Axis("x", [1, 10, 100], logarithmic=True)
    assert [axis.place(value) for value in (1, 10, 100)] == pytest.approx([0, 0.5, 1])
    assert Axis("x", [0, 5, 10]).place(2.5) == 0.25
    with pytest.raises(ValueError, match="outside the axis 'x'"):
        Chart("t", "s", axis, axis, [Line("l", [(1, 1000)], 0)]).svg()
