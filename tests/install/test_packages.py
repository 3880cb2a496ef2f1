# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""The packages as files: what is in them, what Debian's own judge says, and that they can be made again."""

import gzip
import os
import re
import stat

import pytest

from emulator.places import BUILD, ROOT
from install import packages

pytestmark = [pytest.mark.quick, pytest.mark.xdist_group("install")]


@pytest.fixture(scope="module")
def roots(tmp_path_factory):
    folder = tmp_path_factory.mktemp("unpacked")
    return {package: packages.unpacked(package, folder / package) for package in packages.NAMES}


def files(root):
    return {str(path.relative_to(root)) for path in root.rglob("*") if not path.is_dir()}


def test_lintian_has_nothing_to_say():
    result = packages.run("lintian", "--allow-root", "--pedantic", "--fail-on", "error,warning", *packages.built().values())
    assert (result.returncode, result.stdout) == (0, ""), result.stdout + result.stderr


def test_the_command_s_package(roots):
    found = files(roots["nadir"])
    commands = re.findall(r"^  (\w+) ", packages.checked(BUILD / "tool" / "nadir", "--help").split("Subcommands:")[1].split("\nExit status:")[0], re.M)
    assert len(commands) > 10
    assert {f"usr/share/man/man1/nadir-{name}.1.gz" for name in commands} | {
        "usr/bin/nadir", "usr/share/man/man1/nadir.1.gz", "lib/systemd/system/nadir.service",
        "lib/systemd/system-preset/90-nadir.preset",
        "usr/share/bash-completion/completions/nadir", "usr/share/zsh/vendor-completions/_nadir",
        "usr/share/fish/vendor_completions.d/nadir.fish", "usr/share/doc/nadir/copyright", "usr/share/doc/nadir/changelog.gz",
        "usr/share/doc/nadir/install.md", "usr/share/doc/nadir/hardware.md"} <= found
    assert not [name for name in found if not name.startswith(("usr/bin/", "usr/share/", "lib/systemd/"))]
    assert packages.checked(roots["nadir"] / "usr/bin/nadir", "--version").startswith(f"nadir {packages.VERSION} ")
    for name in ("libc6", "libstdc++6", "kmod"):
        assert re.search(rf"(^|, ){re.escape(name)}( |,|$)", packages.field("nadir", "Depends")), name
    assert packages.field("nadir", "Recommends") == f"nadir-dkms (= {packages.VERSION})"


def test_documents_lead_to_what_is_installed(roots):
    """Pictures are there, links of pages end at pages that some package has, and what the manual names exists."""
    documents = {path: path.read_text() for root in roots.values() for path in root.glob("usr/share/doc/*/*.md")}
    installed = {name for root in roots.values() for name in files(root)}
    assert {"usr/share/doc/nadir/look/page.png", "usr/share/doc/nadir/performance/tables.svg"} <= installed
    links = [(path, link) for path, text in documents.items() for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text)
             if not re.match("https?:", link)]
    assert len(links) > 50
    assert [(path.name, link) for path, link in links
            if os.path.normpath(f"usr/share/doc/{path.parent.name}/{link}") not in installed] == []
    pages = "".join(gzip.decompress(path.read_bytes()).decode() for path in roots["nadir"].glob("usr/share/man/man1/*.gz")).replace("\\-", "-")
    named = set(re.findall(r"[\w/-]*doc[\w/-]*/[a-z-]+\.md", pages))
    assert named and {name.removeprefix("/") for name in named} <= installed, named


def test_the_service_is_well_formed_and_off(roots, tmp_path):
    system = packages.unpacked("nadir", tmp_path)
    for name in ("sbin/modprobe", "bin/sh"):
        (system / name).parent.mkdir(exist_ok=True)
        (system / name).write_text("#!")
        (system / name).chmod(0o755)
    found = packages.run("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", f"--root={system}",
                         system / "lib/systemd/system/nadir.service")
    assert "nadir.service" not in found.stdout + found.stderr, found.stdout + found.stderr
    scripts = [path.read_text() for path in (ROOT / "packaging/debian").iterdir() if "nadir." in path.name]
    assert len(scripts) == 3 and not [text for text in scripts if re.search(r"\b(enable|start|unmask)\b nadir", text)]
    assert not [name for name in files(roots["nadir"]) if ".wants" in name]
    preset = (roots["nadir"] / "lib/systemd/system-preset/90-nadir.preset").read_text().splitlines()
    assert [line for line in preset if not line.startswith("#")] == ["disable nadir.service"]
    assert "ConditionKernelCommandLine=!nadir=off" in (roots["nadir"] / "lib/systemd/system/nadir.service").read_text()


def test_the_module_s_package_has_what_the_build_takes(roots):
    source = roots["nadir-dkms"] / f"usr/src/nadir-{packages.VERSION}"
    ours = {str(path.relative_to(ROOT)) for folder in ("arch", "base", "check", "control", "core", "cpu", "hosts/linux")
            for path in (ROOT / folder).rglob("*") if path.suffix in (".h", ".inc", ".c", ".cpp", ".S")}
    assert ours <= files(source) and len(ours) > 150
    assert {"dkms.conf", "version.txt", "core/flags.txt", "core/system_context.txt", "hosts/linux/Kbuild", "hosts/linux/Makefile",
            "hosts/linux/module.mk", "hosts/linux/check-kernel"} <= files(source)
    assert os.access(source / "hosts/linux/check-kernel", os.X_OK)
    for name in ("dkms", "g++"):
        assert re.search(rf"(^|, ){re.escape(name)} ", packages.field("nadir-dkms", "Depends")), name


def test_the_example_links_what_is_installed(roots, tmp_path):
    """In a folder where none of Nadir's sources are."""
    example = roots["nadir-dev"] / "usr/share/doc/nadir-dev/examples/entry-check"
    packages.checked("cmake", "-S", example, "-B", tmp_path, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={roots['nadir-dev']}/usr")
    packages.checked("cmake", "--build", tmp_path)
    result = packages.run(tmp_path / "entry-check")
    assert result.returncode == 1 and "guest.gs.base" in result.stdout
    assert str(ROOT / "check") not in (tmp_path / "build.ninja").read_text()
    refused = packages.run("cmake", "-S", example, "-B", tmp_path / "without", "-G", "Ninja")
    assert refused.returncode != 0 and "NadirConfig.cmake" in refused.stderr


def test_every_header_stands_alone(roots, tmp_path):
    include = roots["nadir-dev"] / "usr/include/nadir"
    headers = sorted(str(path.relative_to(include)) for path in include.rglob("*.h"))
    assert {"check/entry/check_entry.h", "arch/capability_reading.h", "control/control.h", "hosts/linux/ioctl.h"} <= set(headers)
    source = tmp_path / "all.cpp"
    source.write_text("".join(f'#include "{name}"\n' for name in headers) + "int main() {}\n")
    packages.checked("g++", "-std=c++20", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", f"-I{include}", source)


def test_made_again_they_are_the_same(tmp_path):
    """By somebody with other habits, in another time zone, at another time."""
    first = {path: path.read_bytes() for path in packages.built().values()}
    for path in first:
        path.unlink()
    (BUILD / "pages" / "bash" / "nadir").touch()
    said = packages.checked("cmake", "--build", BUILD, "--target", "packages", preexec_fn=lambda: os.umask(0o077),
                            env={**os.environ, "TZ": "Asia/Tokyo", "LC_ALL": "C.UTF-8", "HOME": str(tmp_path)})
    # scripts/build.sh shows these two.
    assert re.findall(r"^note: (The packages are in .*|These packages name) ?", said, re.M) == [
        f"The packages are in {os.path.relpath(BUILD / 'packages', ROOT)}.", "These packages name"]
    for path, content in first.items():
        assert path.read_bytes() == content, path.name


def test_no_path_of_the_machine_and_plain_rights(roots):
    for root in roots.values():
        for path in root.rglob("*"):
            mode = stat.S_IMODE(path.lstat().st_mode)
            program = path.is_dir() or path.name == "check-kernel" or path.parent.name == "bin"
            assert mode == (0o755 if program else 0o644), (path, oct(mode))
            assert path.is_dir() or str(ROOT).encode() not in path.read_bytes(), path


NOBODY = "name nobody who answers for them"


@pytest.mark.parametrize("given, environment, status, words", [
    (None, {}, 0, NOBODY),
    (None, {"DEBEMAIL": "ada@example.org"}, 0, NOBODY),
    (None, {"DEBFULLNAME": "Ada Lovelace", "DEBEMAIL": "ada@example.org"}, 0, "These packages name Ada Lovelace <ada@example.org>."),
    ("A. Turing <at@example.org>", {"DEBFULLNAME": "Ada", "DEBEMAIL": "ada@example.org"}, 0, "name A. Turing <at@example.org>."),
    ("Ada Lovelace", {}, 1, 'NADIR_MAINTAINER is "Ada Lovelace": packages need the name and the address'),
    ("<ada@example.org>", {}, 1, "as in"),
    (None, {"DEBFULLNAME": "Ada", "DEBEMAIL": "Ada <ada@example.org>"}, 1, "DEBFULLNAME and DEBEMAIL are"),
])
def test_who_answers_for_them(given, environment, status, words):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("DEB")}
    result = packages.run("cmake", *([f"-DNADIR_MAINTAINER={given}"] if given else []), "-P", ROOT / "packaging/maintainer.cmake",
                          env=clean | environment)
    assert result.returncode == status and words in " ".join((result.stdout + result.stderr).split()), result.stdout + result.stderr


def test_one_place_says_the_version():
    for package in packages.NAMES:
        assert packages.field(package, "Version") == packages.VERSION
    scripts = [ROOT / "packaging" / name for name in ("dkms.conf.in", "debian/nadir-dkms.prerm.in", "debian/nadir-dkms.postinst.in",
                                                      "debian/nadir.prerm.in", "debian/nadir.postinst.in", "debian/service.sh",
                                                      "packages.cmake", "CMakeLists.txt")]
    assert not [path.name for path in scripts if packages.VERSION in path.read_text()]
