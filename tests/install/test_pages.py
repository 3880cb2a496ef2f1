# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Manual pages and completions: they say what the command says, and real shells and formatters take them."""

import re
import subprocess

import pytest

from emulator.places import BUILD
from install import packages
from install.shells import Shell

pytestmark = [pytest.mark.quick, pytest.mark.xdist_group("install")]

PAGES = BUILD / "pages"


@pytest.fixture(scope="module", autouse=True)
def made():
    packages.built()


@pytest.fixture(scope="module")
def helps():
    """{command: {option}} as --help has them."""
    def text(*words):
        return packages.checked(BUILD / "tool" / "nadir", *words, "--help")

    commands = re.findall(r"^  (\w+) ", text().split("Subcommands:")[1].split("Exit status:")[0], re.M)
    return {name: set(re.findall(r"^  (?:-\w,)?(--[a-z0-9-]+)|^  (?:-\w,)?--\w+,(--[a-z0-9-]+)", text(name), re.M)) for name in commands}


def options_of(found):
    return {option for pair in found for option in pair if option}


def test_every_command_and_option_is_everywhere(helps):
    bash, zsh, fish = ((PAGES / name).read_text() for name in ("bash/nadir", "zsh/_nadir", "fish/nadir.fish"))
    assert len(helps) > 10
    for command, pairs in helps.items():
        page = (PAGES / "man" / f"nadir-{command}.1").read_text().replace("\\-", "-").replace("\\&", "")
        in_bash = re.search(rf"^    '/{command}'\)(.*?);;", bash, re.M | re.S)[1]
        in_zsh = re.search(rf"^_nadir_{command}\(\) {{(.*?)^}}", zsh, re.M | re.S)[1]
        in_fish = "\n".join(line for line in fish.splitlines() if f"'__nadir_at {command}'" in line)
        assert options_of(pairs), command
        for option in options_of(pairs):
            assert f'"{option[1:]}"' in page, (command, option)
            assert re.search(rf"[ ']{option}[ ']", in_bash), (command, option)
            assert f"'*{option}[" in in_zsh, (command, option)
            assert f" -l {option[2:]} " in in_fish, (command, option)
    assert "fail-step" not in bash + zsh + fish, "for tests only, and hidden"


def test_formatters_have_no_complaint():
    pages = sorted((PAGES / "man").glob("*.1"))
    lint = packages.run("mandoc", "-T", "lint", "-W", "warning", *pages)
    assert lint.stdout + lint.stderr == ""
    for page in pages:
        result = packages.run("man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", page)
        assert result.stderr == "", result.stderr


def test_a_page_reads_well():
    text = re.sub(r".\x08", "", packages.checked("mandoc", "-T", "utf8", PAGES / "man" / "nadir-log.1"))
    for wanted in ("nadir-log – Print Nadir's log", "-f, --follow", "--level LEVEL", f"Nadir {packages.VERSION}", "SEE ALSO"):
        assert wanted in text, text
    statuses = re.sub(r".\x08", "", packages.checked("mandoc", "-T", "utf8", PAGES / "man" / "nadir.1"))
    assert re.search(r"^ +5 +the command and the module are of different versions$", statuses, re.M)


def test_a_wrong_date_is_refused(tmp_path):
    result = packages.run(BUILD / "tool/pages/nadir_pages", tmp_path, "yesterday")
    assert result.returncode == 1 and '"yesterday" is no date' in result.stderr
    assert packages.run(BUILD / "tool/pages/nadir_pages").returncode == 1


@pytest.mark.parametrize("shell, command, setup", [
    ("bash", ["bash", "--norc", "--noprofile", "-i"], "bind 'set enable-bracketed-paste off'; bind 'set show-all-if-ambiguous on'; source {}/bash/nadir"),
    ("zsh", ["zsh", "-f", "-i"],
     "unsetopt zle_bracketed_paste; fpath=({}/zsh $fpath); autoload -Uz compinit; compinit -u -D; setopt auto_list no_list_beep"),
])
def test_tab_in_a_real_shell(shell, command, setup, tmp_path):
    (tmp_path / "a dump.txt").write_text("")
    terminal = Shell(command, f"cd {tmp_path}; " + setup.format(PAGES))
    try:
        terminal.completed("nadir recor", "nadir recorder ")
        found = terminal.completed("nadir st", "status")
        assert "stats" in found
        terminal.completed("nadir log --fol", "--follow ")
        found = terminal.completed("nadir log --level ", "warning")
        assert "error" in found and "debug" in found
        terminal.completed("nadir trace xs", "xsetbv")
        terminal.completed("nadir explain a", "a\\ dump.txt")
        terminal.completed("nadir recorder --image a", "a\\ dump.txt")
    finally:
        terminal.close()


def fish(line):
    script = f"source {PAGES}/fish/nadir.fish; complete -C '{line}'"
    found = subprocess.run(["fish", "--no-config", "-c", script], capture_output=True, text=True, timeout=60, check=True).stdout
    return {word.split("\t")[0] for word in found.splitlines()}


def test_fish_proposes(helps):
    assert fish("nadir ") == set(helps)
    assert fish("nadir st") == {"stats", "status"}
    assert fish("nadir log --level ") == {"error", "warning", "info", "debug"}
    assert options_of(helps["log"]) <= fish("nadir log --")
    assert "xsetbv" in fish("nadir trace ") and "on" not in fish("nadir trace ")


def test_bash_takes_an_equals_sign_and_knows_no_word_after_a_number():
    script = f"""source {PAGES}/bash/nadir; compopt() {{ :; }}
        ask() {{ COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _nadir; echo "${{COMPREPLY[*]}}"; }}
        ask nadir log --level = war; ask nadir log --cpu ''; ask nadir log --cpu 1 --ti; ask nadir nothing ''"""
    out = packages.checked("bash", "-c", script).splitlines()
    assert out[:3] == ["warning", "", "--ticks"]
