# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""The rules of VM entry against the emulator: README.md. One test per model, so that the workers can share them."""

from __future__ import annotations

import pytest

from oracle import oracle, table

AGAIN = "If a rule or a mutant was changed on purpose: tests/oracle/run.py --write-table"


@pytest.mark.parametrize("model", oracle.MODELS)
def test_every_mutant_agrees_or_is_waived(model, build, tmp_path):
    recording = oracle.record(model, build, tmp_path)
    try:
        counts, done = recording.counts()
        assert done.returncode == 0, done.stdout[-8000:] + done.stderr
        assert counts == oracle.stored(model), f"other counts than in results/{model}.json. {AGAIN}"
        if model == oracle.MODELS[0]:
            switched_off(recording, counts)
    finally:
        recording.remove()


def switched_off(recording: oracle.Recording, counts: dict) -> None:
    """That the count of confirmations is what it says: so many mutants disagree without the rule."""
    for rule in ("guest.cs.type", "control.pin.reserved", "host.cr3", "guest.pdpte2"):
        done = recording.judge("--switch-off", rule)
        confirmed = counts["rules"][rule][2]
        assert confirmed > 0 and done.returncode == 1
        assert done.stdout.splitlines()[-1].endswith(f", {confirmed} disagree"), rule


@pytest.fixture(scope="module")
def results() -> list[dict]:
    return [oracle.stored(model) for model in oracle.MODELS]


def test_there_are_many_mutants(results):
    for counts in results:
        tried = sum(entry["tried"] for entry in counts["baselines"].values())
        agreed = sum(entry["agreed"] for entry in counts["baselines"].values())
        assert tried > 100_000 and agreed > 0.9 * tried
        assert len(counts["baselines"]) >= 7


def test_switching_any_rule_off_would_be_noticed(results):
    """Or the rule is listed as one that the emulator can't confirm, and rightly so."""
    confirmed: dict[str, int] = {}
    for counts in results:
        for rule, (_, _, count) in counts["rules"].items():
            confirmed[rule] = confirmed.get(rule, 0) + count
    unnoticed = {rule for rule, count in confirmed.items() if count == 0}
    listed = set(oracle.unreachable())
    assert unnoticed - listed == set(), "rules that no mutant confirms, and that unreachable.txt doesn't list"
    assert listed - unnoticed == set(), "rules in unreachable.txt that don't exist, or that a mutant does confirm"


def test_no_waiver_is_stale(results):
    used = {name for counts in results for name in counts["waivers"]}
    assert set(oracle.waivers()) == used


def test_every_waiver_says_what_the_manual_demands():
    for name, waiver in oracle.waivers().items():
        assert waiver["section"].startswith("SDM") and waiver["rule"] and waiver["emulator"], name


def test_no_message_is_stale(results):
    """Except those of rules that can't be reached."""
    unused = set.intersection(*(set(counts["unused_messages"]) for counts in results))
    listed = set(oracle.unreachable())
    meanings = dict(line.split(" -> ") for line in (oracle.HERE / "messages.txt").read_text().splitlines()
                    if " -> " in line and not line.startswith("#"))
    assert {text for text in unused if not set(meanings[text].split(", ")) <= listed} == set()


def test_the_table_is_up_to_date(root):
    assert (root / "docs" / "entry-oracle.md").read_text() == table.text(), AGAIN
