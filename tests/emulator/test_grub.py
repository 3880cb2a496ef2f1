# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""A kernel gets the same from GRUB as from the quick boot, so tests of one hold for the other."""

import re

import pytest

from . import fastboot, grub
from .bochs import Machine
from .programs import multiboot_kernel

pytestmark = pytest.mark.quick


def test_quick_boot_gives_what_grub_gives(tmp_path):
    kernel = multiboot_kernel("hello", tmp_path)
    content = bytes(range(256)) * 1000
    quick = fastboot.multiboot(Machine(), tmp_path, kernel, "one two", [fastboot.Module(content, "name -x")])
    slow = grub.boot(Machine(), tmp_path, grub.entry("multiboot /kernel one two\nmodule /m name -x"),
                     {"kernel": kernel, "m": content})
    said = []
    for machine in (quick, slow):
        run = machine.run(timeout=60, directory=tmp_path)
        assert run.reason == "shutdown"
        said.append(re.search(r"hello, command line: .*", run.serial)[0])
    assert said[0] == said[1]
