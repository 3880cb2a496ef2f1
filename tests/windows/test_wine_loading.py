# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""nadir.sys is loaded and unloaded several times in Wine, whose server tells what the driver makes, and in which order."""

from __future__ import annotations

import re

import pytest

from windows import products

pytestmark = pytest.mark.xdist_group("wine")


def test_loaded_again_and_again(prefix, nadir_exe):
    """Whatever stayed of the device, or of its name, would be in the way the next time. And who may open it is settled
    before anybody can find it."""
    with prefix.session("loading", "warn+debugstr,+server") as session:
        with session.driver("nadir", products.driver()):
            for _ in range(2):
                assert prefix.run(nadir_exe, "status").returncode == 0
                session.stop("nadir")
                assert prefix.run(nadir_exe, "status").returncode == 3
                session.start("nadir")
        assert session.state("nadir") == ""
        log = session.log()
    assert log.count(r"loaded: \\.\Nadir is ready") == log.count("nadir: unloaded") == 3

    name = r'name=L"\\\\Device\\\\Nadir"'
    made, secured, linked = (re.search(pattern, log) for pattern in (
        rf"create_device\(.*{name}", r"set_security_object\(.*dacl=\{(.*)\}.*\n.*set_security_object\(\) = 0",
        r'create_symlink\(.*name=L"\\\\DosDevices\\\\Nadir"'))
    assert made and secured and linked
    assert made.start() < secured.start() < linked.start()
    # Everything for SYSTEM and for Administrators, and nobody else.
    allowed = re.findall(r"type=(\w+),flags=\w+,mask=(\w+),sid=([-\w]+)", secured[1])
    assert {(kind, sid) for kind, _, sid in allowed} == {("ACCESS_ALLOWED", "S-1-5-18"), ("ACCESS_ALLOWED", "S-1-5-32-544")}
