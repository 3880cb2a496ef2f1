# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""docs/entry-oracle.md, from the stored counts."""

from __future__ import annotations

from oracle import oracle

INTRODUCTION = """<!-- SPDX-License-Identifier: MIT OR GPL-2.0-only -->
<!-- Written by tests/oracle/run.py --write-table; the tests compare it with what they find. -->
# The rules of VM entry against an emulator

The rules in `check/entry` were written from the manual. Somebody else wrote Bochs from the same manual, so the two are
compared: a program in the emulator takes VMCSs that the emulated processor enters, mutates them (every bit of every
field, boundary values, combinations within each group of rules), and executes VMLAUNCH with each mutant. Our rules judge
the same mutant. They agree where both have the same verdict (VMfail 7 or 8, exit 33 with its qualification, exit 34 with
the entry's number, or success) and the emulator's log message stands for a rule that we report as violated.

A mutant that passes every check does not run: the last entry of its VM-entry MSR-load list is one that no processor
accepts, so that "accepted" shows as exit 34 at that entry. The unchanged baselines really run, until their first
instruction exits.

What follows from it: our rules agree with Bochs 2.7 except for the mutants that fall under a waiver, each of which says
what the manual demands and what the emulator does instead. It does not follow that they are correct: where both read the
manual wrongly in the same way, nothing shows; and no mutant was tried on a real processor.

"""


def number(value: int) -> str:
    return f"{value:,}"


def row(*cells: object) -> str:
    return "| " + " | ".join(number(cell) if isinstance(cell, int) else str(cell) for cell in cells) + " |\n"


def total(counts: dict, key: str) -> int:
    return sum(entry[key] for entry in counts["baselines"].values())


def models_part(results: dict[str, dict]) -> str:
    keys = ("tried", "agreed", "waived", "unknown_memory", "disagreed")
    text = "## By model\n\n" + row("model", "mutants tried", "agree", "waived", "undecided", "disagree")
    text += row(*["---"] + ["--:"] * 5)
    for model, counts in results.items():
        text += row(model, *(total(counts, key) for key in keys))
    text += row("all", *(sum(total(counts, key) for counts in results.values()) for key in keys))
    return text + ("\nUndecided: a rule would have to read memory that is not known to the judge (an address was mutated), and\n"
                   "that may explain what the emulator did.\n\n")


def baselines_part(results: dict[str, dict]) -> str:
    names = list(dict.fromkeys(name for counts in results.values() for name in counts["baselines"]))
    text = "## By baseline\n\nAgreeing + waived mutants of each model (– : the model can't have this guest).\n\n"
    text += row("baseline", *results) + row(*["---"] + ["--:"] * len(results))
    for name in names:
        cells = []
        for counts in results.values():
            entry = counts["baselines"].get(name)
            cells.append(f"{number(entry['agreed'])} + {number(entry['waived'])}" if entry else "–")
        text += row(name, *cells)
    return text + "\n"


def exclusions_part(results: dict[str, dict]) -> str:
    sums: dict[str, int] = {}
    for counts in results.values():
        for entry in counts["baselines"].values():
            for reason, count in entry.get("excluded", {}).items():
                sums[reason] = sums.get(reason, 0) + count
    text = "## Mutants that were not tried\n\n" + row("reason", "mutants") + row("---", "--:")
    for reason, count in sorted(sums.items()):
        text += row(reason, count)
    return text + "\n"


def waivers_part(results: dict[str, dict]) -> str:
    text = "## Waivers\n\nEach is used by some mutant, and none holds where the emulator does check the rule.\n\n"
    for name, waiver in oracle.waivers().items():
        used = sum(counts["waivers"].get(name, 0) for counts in results.values())
        text += f"**{name}** ({number(used)} mutants). {waiver['rule']} [{waiver['section']}]. The emulator "
        text += waiver["emulator"].rstrip(".") + ".\n\n"
    return text


def rules_part(results: dict[str, dict]) -> str:
    rules = list(dict.fromkeys(rule for counts in results.values() for rule in counts["rules"]))
    unreachable = oracle.unreachable()
    text = ("## Rules\n\nFor each rule: mutants that violate it, those where it alone decides, and those that would disagree if the\n"
            "rule were switched off; over all models.\n\n")
    text += row("rule", "violated", "alone", "confirmed") + row("---", "--:", "--:", "--:")
    for rule in rules:
        sums = [sum(counts["rules"].get(rule, [0, 0, 0])[i] for counts in results.values()) for i in range(3)]
        if rule not in unreachable:
            text += row(f"`{rule}`", *sums)
    text += "\n### Rules that the emulator can't confirm\n\n" + row("rule", "why") + row("---", "---")
    for rule, reason in unreachable.items():
        text += row(f"`{rule}`", reason)
    return text


def text() -> str:
    results = {model: oracle.stored(model) for model in oracle.MODELS}
    return (INTRODUCTION + models_part(results) + baselines_part(results) + exclusions_part(results)
            + waivers_part(results) + rules_part(results))
