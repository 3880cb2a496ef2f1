# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""The table of bench/bench.py: rows, goals, what changed since, and its words for wrong arguments."""

import json
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
import bench
import document
from costs import peers, table
from costs.rows import HELPERS, SECTIONS, Row, all_rows, needs_row

BUDGET = json.loads((ROOT / "bench" / "budget.json").read_text())["most"]

pytestmark = pytest.mark.quick


def result(**figures: int) -> dict:
    return {"commit": "c", "emulator": "e", "model": "m", "compiler": "g++", "figures": figures}


def test_every_figure_has_one_row():
    rows = [row.figure for row in all_rows()]
    assert len(rows) == len(set(rows))
    assert {figure for figure in BUDGET if needs_row(figure)} <= set(rows), "give it a row in rows.py"
    assert len(set(rows) & set(BUDGET)) > 10 and not set(rows) & HELPERS


@pytest.mark.parametrize("row", [row for row in all_rows() if row.goal is not None and row.figure in BUDGET], ids=lambda row: row.figure)
def test_a_goal_is_met_or_the_row_says_why_not(row):
    """The budget is what was measured last, so it tells. A reason is printed only while it is needed."""
    assert BUDGET[row.figure] <= row.goal or row.over, "over its goal: say why in rows.py"


def test_the_table_says_whether_a_goal_is_met():
    text = table.text(result(cpuid_overhead=30, enter=9_999_999))
    cpuid = next(line for line in text.splitlines() if line.startswith("CPUID, what Nadir adds"))
    enter = next(line for line in text.splitlines() if line.startswith("enter:"))
    assert "<= 32" in cpuid and " 30  met " in cpuid
    assert " 9,999,999  over " in enter
    assert "leave, the" not in text and "EPT tables of large machines" not in text, "nothing of it was measured"
    assert text.splitlines()[-1] == "e; m; g++; commit c"


def test_a_reason_stands_at_its_table_with_the_figures_of_its_run():
    made = result(start=70_000, enter=2_241, bytes_image=80_000)
    for words in (table.text(made), table.markdown(made)):
        reason = next(line for line in words.splitlines() if line.startswith("start is over its goal: "))
        assert " 10,000." in reason and " 2,241 are the row below" in reason and "<" not in reason
        assert words.index("Enter and leave") < words.index(reason) < words.index("Memory")
    assert "is over its goal" not in table.text(result(start=29_000, bytes_image=80_000))
    assert "the copy alone is (not measured)" in table.text(result(start=70_000))


def test_exits_are_named():
    text = table.text(result(linux_exits_optional=3, linux_exits_10=1234, linux_exits_12=3, linux_exits_28=5))
    assert "These were: CPUID 1,234, control-register access 5, basic exit reason 12: 3." in text


def test_a_goal_of_zero_is_one():
    row = Row("x", "x", goal=0)
    assert (table.verdict(row, 0), table.verdict(row, 1)) == ("met", "over")
    assert table.verdict(Row("x", "x"), 1) == ""


def test_comparison_sees_growth(capsys):
    before, now = result(a=10, b=5, gone=1), result(a=11, b=4, new=7)
    assert bench.compare(now, before) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines] == [
        ["a", "10", "->", "11", "+1"], ["b", "5", "->", "4", "-1"], ["new", "new", "->", "7"],
        ["gone", "no", "longer", "measured"]]


def test_comparison_names_another_compiler(capsys):
    assert bench.compare(result(a=1), result(a=1) | {"compiler": "clang"}) == 0
    assert "compiler: clang -> g++" in capsys.readouterr().out


def test_nothing_changed(capsys):
    assert bench.compare(result(a=1), result(a=1)) == 0
    assert capsys.readouterr().out == "nothing changed\n"


@pytest.mark.parametrize("content, words", [
    (None, "can't be read"), ("{", "isn't what"), ("[]", "isn't what"), ('{"figures": 3}', "isn't what")])
def test_a_wrong_file_to_compare_with_is_named(tmp_path, content, words):
    path = tmp_path / "before.json"
    if content is not None:
        path.write_text(content)
    done = subprocess.run([ROOT / "bench" / "bench.py", "--compare", path], capture_output=True, text=True)
    assert done.returncode == 2 and str(path) in done.stderr and words in done.stderr and done.stdout == ""


def test_the_command(tmp_path):
    """JSON as it is printed is what --compare takes; a figure that grew is the exit status."""
    command = [ROOT / "bench" / "bench.py", "--only", "tables"]
    done = subprocess.run([*command, "--json"], capture_output=True, text=True, check=True)
    before = json.loads(done.stdout)
    assert set(before["figures"]) == {"ept_64_gib", "ept_1_tib", *(f"view_{hooks}_hooks" for hooks in (1, 10, 100, 1000, 10000))}
    assert before["commit"]
    path = tmp_path / "before.json"
    path.write_text(done.stdout)
    again = subprocess.run([*command, "--compare", path], capture_output=True, text=True)
    assert again.returncode == 0 and again.stdout.endswith("nothing changed\n")
    before["figures"]["ept_64_gib"] -= 4096
    path.write_text(json.dumps(before))
    grown = subprocess.run([*command, "--json", "--compare", path], capture_output=True, text=True)
    assert grown.returncode == 1 and "ept_64_gib" in grown.stderr and json.loads(grown.stdout)


def test_the_document_has_the_table_of_its_data():
    text = document.DOCUMENT.read_text()
    assert document.filled_in(text) == text, "run bench/document.py"
    assert text.count("\n**") == len(SECTIONS), "something of each section was measured"
    with pytest.raises(ValueError, match="no place for the table"):
        document.filled_in(text.replace(document.END, ""))


def test_peers_are_shown_with_what_they_get_wrong():
    peer = {"name": "Other", "version": "1", "date": "today", "how": "so", "instructions": {"cpuid_leaf_0": 1234, "xsetbv": 9},
            "vmreads_per_cpuid": 6, "vmwrites_per_cpuid": 2, "start": None, "faults": {"xsetbv": 6},
            "checks": {"single_step": "wrong", "sti_shadow": "right", "invalid_xsetbv": "ended the machine"}}
    text = peers.markdown([peer, peer | {"name": "Less", "instructions": {"cpuid_leaf_0": 7}, "faults": {}, "checks": {}}])
    assert "| Other | 1,234 | 6/2 | #UD | - | a single step's trap, *#GP of a wrong XSETBV* |" in text
    assert text.index("| Less | 7 | 6/2 | - | - | - |") < text.index("| Other |") < text.index("- Other: 1, today. so.")
