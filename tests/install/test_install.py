# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Debian's dpkg installs, upgrades, removes and purges the packages on two processors, while Nadir is on."""

import re

import pytest

from emulator import product
from install import debian_guest, packages
from linux import guest

pytestmark = [pytest.mark.quick, pytest.mark.xdist_group("install-guest")]

LATER = "99.0"
SCRIPT = f"""
# By their paths: busybox has a dpkg of its own, which its shell prefers.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive
try() {{ "$@" 2>&1; echo "status $?"; }}
state() {{ for package in nadir nadir-dkms; do dpkg-query -W -f '${{Package}} ${{Version}} ${{db:Status-Status}}\\n' $package 2>&1; done; }}
loaded() {{ [ -d /sys/module/nadir ] && echo loaded || echo not loaded; }}
active() {{ nadir status 2>&1 | head -n 1; }}
section install; try /usr/bin/dpkg -i /debs/nadir_{packages.VERSION}.deb /debs/nadir-dkms_{packages.VERSION}.deb; state; loaded
section first; try nadir on; try modprobe nadir; try nadir on; active
section upgrade; try /usr/bin/dpkg -i /debs/nadir_{LATER}.deb /debs/nadir-dkms_{LATER}.deb; state; loaded
section again; modprobe nadir; try nadir on; active
section in-use; sleep 1000 </dev/nadir & try /usr/bin/dpkg -r nadir-dkms; state; loaded; active; kill $!
section remove-tool; try /usr/bin/dpkg -r nadir; state; loaded; ls /usr/bin/nadir 2>&1
section restored; try /usr/bin/dpkg -i /debs/nadir_{LATER}.deb; modprobe nadir; try nadir on; active
section remove-module; try /usr/bin/dpkg -r nadir-dkms; state; loaded; find /lib/modules -name 'nadir.ko'; active
section off-only; /usr/bin/dpkg -i /debs/nadir-dkms_{LATER}.deb >/dev/null 2>&1; modprobe nadir; try /usr/bin/dpkg -r nadir-dkms; loaded
section purge; try /usr/bin/dpkg -P nadir nadir-dkms; state
find / -xdev -name '*nadir*' | grep -vE '^/(debs|built|proc|sys|lib/modules/nadir.*ko$)' | grep -v '^/lib/modules/nadir'
finish
"""


@pytest.fixture(scope="module")
def boot(tmp_path_factory):
    folder = tmp_path_factory.mktemp("install")
    debs = [packages.slim(package, version, folder) for package in ("nadir", "nadir-dkms") for version in (packages.VERSION, LATER)]
    return guest.boot(folder, SCRIPT, programs=(),
                      prepare=lambda initrd: debian_guest.prepare(initrd, product.module(), debs), append="panic=-1",
                      timeout=600)


def states(boot, section):
    """{package: (version, state)}"""
    found = [re.fullmatch(r"(nadir(?:-dkms)?) (\S*) (\S+) *", line) for line in boot[section]]
    return {match[1]: (match[2], match[3]) for match in found if match}


def statuses(boot, section):
    return [line.removeprefix("status ") for line in boot[section] if line.startswith("status ")]


def test_machine_runs_on(boot):
    guest.assert_quiet(boot)


def test_installing_turns_nothing_on(boot):
    version = packages.VERSION
    assert statuses(boot, "install") == ["0"], boot.text("install")
    assert states(boot, "install") == {"nadir": (version, "installed"), "nadir-dkms": (version, "installed")}
    assert boot["install"][-1] == "not loaded"
    assert f"dkms: asked to build nadir {version}, version before: none" in boot["install"]


def test_it_works_then(boot):
    assert statuses(boot, "first") == ["3", "0", "0"], boot.text("first")
    assert "on" in boot["first"][-1] and "2 " in boot["first"][-1], boot.text("first")


def test_an_upgrade_stops_it_says_so_and_leaves_it_off(boot):
    assert statuses(boot, "upgrade") == ["0"], boot.text("upgrade")
    assert states(boot, "upgrade") == {"nadir": (LATER, "installed"), "nadir-dkms": (LATER, "installed")}
    assert boot["upgrade"][-1] == "not loaded"
    assert boot.text("upgrade").count("Nadir was on: it has been turned off, and stays off.") == 1
    assert f"dkms: removed nadir {packages.VERSION}" in boot["upgrade"]
    assert f"dkms: asked to build nadir {LATER}, version before: {packages.VERSION}" in boot["upgrade"]
    assert "still in the kernel" not in boot.text("upgrade")
    assert statuses(boot, "again") == ["0"] and boot["again"][-1] == boot["first"][-1]


def test_what_is_in_use_stays(boot):
    text = boot.text("in-use")
    assert statuses(boot, "in-use") == ["1"]
    assert "in use, so the package nadir-dkms stays as it is. Which program has /dev/nadir open?" in text
    assert boot["in-use"][-2:] == ["loaded", boot["first"][-1]], "it is still on"
    assert states(boot, "in-use") == {"nadir": (LATER, "installed"), "nadir-dkms": (LATER, "installed")}


def test_removing_the_command_stops_it_first(boot):
    assert statuses(boot, "remove-tool") == ["0"], boot.text("remove-tool")
    assert "Nadir was on: it has been turned off" in boot.text("remove-tool")
    assert "not loaded" in boot["remove-tool"]
    assert states(boot, "remove-tool") == {"nadir": (LATER, "config-files"), "nadir-dkms": (LATER, "installed")}
    assert "No such file" in boot["remove-tool"][-1]


def test_removing_the_module_stops_it_first(boot):
    assert statuses(boot, "restored") == ["0", "0"] and boot["restored"][-1] == boot["first"][-1]
    assert statuses(boot, "remove-module") == ["0"], boot.text("remove-module")
    text = boot.text("remove-module")
    assert "it has left the kernel, and Nadir is off" in text and "still in the kernel" not in text
    assert "not loaded" in boot["remove-module"] and "/updates/" not in text
    assert statuses(boot, "off-only") == ["0"] and boot["off-only"][-1] == "not loaded"


def test_purging_leaves_nothing(boot):
    assert statuses(boot, "purge") == ["0"], boot.text("purge")
    left = [line for line in boot["purge"] if line.startswith("/")]
    assert left == [], left
