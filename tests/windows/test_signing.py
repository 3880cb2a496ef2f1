# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""scripts/sign-driver: a signature that verifies and leaves the file right, and words where it can't be made."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from check_driver.image import Driver
from check_driver.rules import problems
from emulator.places import ROOT
from windows import products

pytestmark = pytest.mark.xdist_group("pe")
SIGN = ROOT / "scripts" / "sign-driver"


def run(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(arguments, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL,
                          env={**os.environ, **environment})


@pytest.fixture(scope="module")
def signed(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("signed") / "nadir.sys"
    result = run(SIGN, products.driver(), out)
    assert result.returncode == 0, result.stderr
    assert "New test certificate: " in result.stdout and f"Signed: {out}" in result.stdout
    return out


def verify(file: Path, certificate: Path) -> subprocess.CompletedProcess:
    return run("osslsigncode", "verify", "-CAfile", certificate, "-in", file)


def test_the_signature_verifies(signed):
    assert verify(signed, signed.parent / "signing" / "nadir-test.pem").returncode == 0


def test_the_signed_driver_keeps_every_rule(signed):
    found = problems(Driver(signed, products.pdb()))
    assert not found, "\n".join(map(str, found))


def test_nothing_but_the_signature_was_added(signed):
    plain, driver = products.driver().read_bytes(), Driver(signed)
    offset, size = driver.directory("security")
    assert offset >= len(plain) and offset + size == len(driver.data)
    differ = [at for at in range(len(plain)) if plain[at] != driver.data[at]]
    header = driver.pe.OPTIONAL_HEADER
    allowed = {*range(header.get_field_absolute_offset("CheckSum"), header.get_field_absolute_offset("CheckSum") + 4),
               *range(header.DATA_DIRECTORY[4].get_file_offset(), header.DATA_DIRECTORY[4].get_file_offset() + 8)}
    assert differ and set(differ) <= allowed


def test_a_changed_byte_is_found(signed, tmp_path):
    copy = tmp_path / "nadir.sys"
    content = bytearray(signed.read_bytes())
    content[0x2000] ^= 1
    copy.write_bytes(content)
    assert verify(copy, signed.parent / "signing" / "nadir-test.pem").returncode != 0


def test_the_key_is_kept_and_for_nobody_else(signed, tmp_path):
    keys = signed.parent / "signing"
    assert (keys / "nadir-test.key").stat().st_mode & 0o077 == 0
    before = (keys / "nadir-test.cer").read_bytes()
    again = run(SIGN, products.driver(), tmp_path / "again.sys", keys)
    assert again.returncode == 0 and "New test certificate" not in again.stdout
    assert (keys / "nadir-test.cer").read_bytes() == before
    assert verify(tmp_path / "again.sys", keys / "nadir-test.pem").returncode == 0


@pytest.mark.parametrize("arguments, status, said", [
    ([], 2, "sign-driver FILE OUT"),
    (["one"], 2, "sign-driver FILE OUT"),
    (["nowhere.sys", "out.sys"], 1, "nowhere.sys can't be read"),
    ([SIGN, "out.sys"], 1, "isn't a driver: it has no MZ and PE header"),
    ([os.devnull, "out.sys"], 1, "isn't a file"),
    ([ROOT / "README.md", "nowhere/out.sys"], 1, "isn't a driver"),
    (["--help"], 0, "with a certificate that signs itself"),
])
def test_the_command_explains_itself(tmp_path, arguments, status, said):
    result = run(SIGN, *[tmp_path / name if str(name).endswith(".sys") else name for name in arguments])
    assert result.returncode == status and said in result.stdout + result.stderr, result.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", [b"", b"MZ", b"MZ".ljust(64, b"\0"), b"MZ".ljust(60, b"\0") + b"\xff" * 4 + bytes(400)],
                         ids=["empty", "short", "no PE header", "far away"])
def test_what_is_no_driver_gets_no_key(tmp_path, content):
    file = tmp_path / "nadir.sys"
    file.write_bytes(content)
    result = run(SIGN, file, tmp_path / "out.sys")
    assert result.returncode == 1 and "isn't a driver" in result.stderr and list(tmp_path.iterdir()) == [file]


def test_no_folder_is_made(tmp_path):
    result = run(SIGN, products.driver(), tmp_path / "new" / "out.sys")
    assert result.returncode == 1 and f"there is no folder {tmp_path / 'new'}" in result.stderr and not list(tmp_path.iterdir())


def test_a_signed_file_is_not_signed_again(signed, tmp_path):
    result = run(SIGN, signed, tmp_path / "out.sys")
    assert result.returncode == 1 and "is signed already" in result.stderr and not list(tmp_path.iterdir())


def test_the_unsigned_file_is_not_overwritten(tmp_path):
    file = tmp_path / "nadir.sys"
    shutil.copy2(products.driver(), file)
    result = run(SIGN, file, file)
    assert result.returncode == 1 and "the same" in result.stderr and file.read_bytes() == products.driver().read_bytes()


def test_what_is_missing_is_named(tmp_path):
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("dirname", "sed", "sh"):
        (tools / name).symlink_to(shutil.which(name))
    result = run(SIGN, products.driver(), tmp_path / "out.sys", PATH=str(tools))
    assert result.returncode == 1 and "apt-get install osslsigncode" in result.stderr
