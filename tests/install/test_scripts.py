# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""What the packages' scripts ask for, in which order, and what they say."""

import pytest

from install import packages
from install.scripted import Debian

# With what else makes packages.
pytestmark = [pytest.mark.quick, pytest.mark.xdist_group("install")]

VERSION = packages.VERSION
STOP, UNLOAD, AGAIN = "deb-systemd-invoke stop nadir.service", "modprobe -r nadir", "deb-systemd-invoke reload-or-restart nadir.service"
FORGET = f"dkms remove -m nadir -v {VERSION} --all"
IN_USE = "in use, so the package {} stays as it is. Which program has /dev/nadir open?"
ACTIVE = ("loaded", "on", "active")


@pytest.fixture
def debian(tmp_path):
    return lambda *facts, **more: Debian(tmp_path / "debian", *facts, **more)


@pytest.mark.parametrize("action", ["upgrade", "failed-upgrade", "deconfigure"])
def test_the_command_s_package_stops_the_service_and_notes_it(debian, action):
    machine = debian(*ACTIVE)
    done = machine.run("nadir", "prerm", action, "2.0")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert machine.asked() == [STOP, "nadir off", UNLOAD]
    assert machine.is_there("loaded", "again") == [False, True]


@pytest.mark.parametrize("action", ["upgrade", "deconfigure"])
def test_the_module_s_package_stops_the_service_and_notes_it(debian, action):
    machine = debian(*ACTIVE, built=f"nadir/{VERSION}")
    done = machine.run("nadir-dkms", "prerm", action, "2.0")
    assert (done.returncode, done.stderr) == (0, "") and "it has left the kernel, and Nadir is off." in done.stdout
    assert machine.asked() == [STOP, UNLOAD, FORGET]
    assert machine.is_there("loaded", "again", "built") == [False, True, False]


@pytest.mark.parametrize("package", ["nadir", "nadir-dkms"])
def test_a_removal_leaves_no_note(debian, package):
    machine = debian(*ACTIVE, "again")
    assert machine.run(package, "prerm", "remove").returncode == 0
    assert machine.is_there("loaded", "on", "active", "again") == [False] * 4


def test_what_was_on_by_hand_is_not_noted(debian):
    machine = debian("loaded", "on")
    assert "it has been turned off, and stays off. After an upgrade: modprobe nadir" in machine.run("nadir", "prerm", "upgrade", "2.0").stdout
    assert machine.asked() == ["nadir off", UNLOAD] and machine.is_there("loaded", "again") == [False, False]


@pytest.mark.parametrize("package", ["nadir", "nadir-dkms"])
def test_without_the_module_there_is_nothing_to_stop(debian, package):
    machine = debian()
    done = machine.run(package, "prerm", "upgrade", "2.0")
    assert (done.returncode, done.stdout, machine.asked()) == (0, "", [])


@pytest.mark.parametrize("package", ["nadir", "nadir-dkms"])
@pytest.mark.parametrize("action", ["upgrade", "failed-upgrade", "remove"])
def test_what_is_in_use_stays(debian, package, action):
    machine = debian(*ACTIVE, "in-use", built=f"nadir/{VERSION}")
    done = machine.run(package, "prerm", action, "2.0")
    assert done.returncode == 1 and IN_USE.format(package) in done.stderr and "left the kernel" not in done.stdout
    assert machine.asked().count(UNLOAD) == 5 and FORGET not in machine.asked()
    assert machine.is_there("loaded", "again", "built") == [True, True, True]


def test_what_cannot_be_turned_off_stays(debian):
    machine = debian("loaded", "on", "stuck")
    done = machine.run("nadir", "prerm", "remove")
    assert done.returncode == 1 and UNLOAD not in machine.asked()
    assert "nadir: The processors do not answer.\nNadir could not be turned off (status 5), so the package nadir stays" in done.stderr


# By whom, and where it finds the other's version.
HALVES = [("nadir", "version_of_module", "{}"), ("nadir-dkms", "version_of_command", "installed {}")]


@pytest.mark.parametrize("package, place, form", HALVES)
@pytest.mark.parametrize("action", ["configure", "abort-upgrade", "abort-deconfigure", "abort-remove"])
def test_what_was_active_is_started_again(debian, package, place, form, action):
    machine = debian("again", **{place: form.format(VERSION)})
    done = machine.run(package, "postinst", action, VERSION)
    assert (done.returncode, done.stdout, done.stderr) == (0, "Nadir's service was active, and has been started again.\n", "")
    assert machine.asked()[-1] == AGAIN and machine.is_there("again", "active") == [False, True]
    # And only where it was.
    (machine.folder / "asked").unlink()
    assert machine.run(package, "postinst", action, VERSION).stdout == "" and AGAIN not in machine.asked()


@pytest.mark.parametrize("package, place, form", [*HALVES, ("nadir-dkms", "version_of_command", "unpacked {}")])
def test_it_waits_for_the_other_half(debian, package, place, form):
    other = VERSION if form.startswith("unpacked") else "0.1"
    machine = debian("again", **{place: form.format(other)})
    done = machine.run(package, "postinst", "configure", "0.1")
    assert done.returncode == 0 and f"once nadir and nadir-dkms both have version {VERSION}." in done.stdout
    assert AGAIN not in machine.asked() and machine.is_there("again") == [True]


@pytest.mark.parametrize("package, place, form", HALVES)
@pytest.mark.parametrize("why", ["broken", "kept-off"])
def test_it_says_so_when_it_is_not_started_again(debian, package, place, form, why):
    machine = debian("again", why, **{place: form.format(VERSION)})
    done = machine.run(package, "postinst", "configure", "0.1")
    assert (done.returncode, done.stdout) == (0, "") and "has not been started again. See: systemctl status nadir" in done.stderr
    assert machine.is_there("again") == [False]


def test_the_module_is_built_before_anything_is_started(debian):
    machine = debian("again", version_of_command=f"installed {VERSION}")
    assert machine.run("nadir-dkms", "postinst", "configure", "0.1").returncode == 0
    assert machine.asked() == [f"common.postinst nadir {VERSION} /usr/share/nadir-dkms  0.1", AGAIN]


def test_systemd_s_links_are_known_for_a_purge(debian):
    machine = debian()
    for enabled, asked in ((False, []), (True, ["deb-systemd-helper enable nadir.service"])):
        if enabled:
            (machine.folder / "enabled").touch()
        assert machine.run("nadir", "postinst", "configure").returncode == 0
        assert machine.asked() == ["deb-systemd-helper debian-installed nadir.service", *asked,
                                   "deb-systemd-helper update-state nadir.service", "systemctl --system daemon-reload"]
        (machine.folder / "asked").unlink()
    assert machine.run("nadir", "postrm", "remove").returncode == 0 and machine.run("nadir", "postrm", "purge").returncode == 0
    assert machine.asked() == ["systemctl --system daemon-reload", "deb-systemd-helper purge nadir.service"]


@pytest.mark.parametrize("systemd, environment", [(False, {}), (True, {"DPKG_ROOT": "/elsewhere"})])
def test_without_a_running_systemd_it_is_not_asked(debian, systemd, environment):
    """As in the making of a machine's image."""
    machine = debian("loaded", "on", "again", systemd=systemd, version_of_module=VERSION)
    assert machine.run("nadir", "prerm", "upgrade", "2.0", **environment).returncode == 0
    for script, action in (("postinst", "configure"), ("postrm", "remove")):
        assert machine.run("nadir", script, action, **environment).returncode == 0
    assert not [line for line in machine.asked() if line.startswith(("systemctl", "deb-systemd-invoke"))]
    assert machine.is_there("loaded", "again") == [False, True]
