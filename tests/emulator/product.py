# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""The parts of Nadir that guests are given, as the build left them; the kernel module is built here."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from . import debian
from .places import BUILD, ROOT, only_one

_built: dict[str, Path] = {}


class NotBuilt(RuntimeError):
    """A part is missing or doesn't build."""


def _part(name: str) -> Path:
    path = BUILD / name
    if not path.exists():
        raise NotBuilt(f"{path} isn't there: run scripts/build.sh")
    return path


def tool() -> Path:
    """The `nadir` command."""
    return _part("tool/nadir")


def bare_kernel() -> Path:
    """nadir.elf, the bare host."""
    return _part("hosts/bare/nadir.elf")


def kernel_with_examples() -> Path:
    """nadir.elf with the extensions of examples/ and tests/extensions."""
    return _part("tests/extensions/nadir_examples.elf")


def nt_kernel() -> Path:
    """The kernel of tests/nt, into which Windows drivers are loaded."""
    return _part("tests/nt/nt.elf")


def module(release: str | None = None) -> Path:
    """nadir.ko for Debian's kernel, made now unless it is up to date; asked of make once per process."""
    release = release or debian.kernel_release()
    if release not in _built:
        _built[release] = _make_module(ROOT / "build" / "linux", release)
    return _built[release]


def module_with_examples() -> Path:
    """The same with the extensions of examples/. It begins as a copy of the other's folder, so that little is compiled again."""
    release = debian.kernel_release()
    plain = module(release).parent
    out = plain.with_name("linux_examples")
    if not (out / "nadir.ko").exists():
        with only_one(out.name):
            shutil.rmtree(out, ignore_errors=True)
            shutil.copytree(plain, out)  # with its times
            for path in out.rglob(".*.cmd"):  # kbuild compares what it would execute with what it did
                path.write_text(path.read_text().replace(f"{plain}/", f"{out}/"))
    return _make_module(out, release, "NADIR_EXTENSIONS=" + " ".join(sorted(str(path) for path in (ROOT / "examples").glob("*.cpp"))))


def _make_module(out: Path, release: str, *more: str) -> Path:
    with only_one(out.name):
        result = subprocess.run(["make", "-C", str(ROOT / "hosts" / "linux"), f"KDIR={debian.headers(release)}", f"BUILD={out}", *more],
                                capture_output=True, text=True, stdin=subprocess.DEVNULL, env={**os.environ, "LC_ALL": "C"})
    (out.parent / f"{out.name}.log").write_text(result.stdout + result.stderr)
    if result.returncode:
        tail = "\n".join((result.stdout + result.stderr).splitlines()[-30:])
        raise NotBuilt(f"nadir.ko doesn't build (all of it in build/{out.name}.log):\n{tail}")
    return out / "nadir.ko"
