# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Debian's dpkg installs, upgrades, removes and purges the packages on two processors, under Debian's systemd, while Nadir is on
by its service, or by hand."""

import re

import pytest

from emulator import debian, product
from install import debian_guest, packages, systemd_guest
from linux import guest

pytestmark = pytest.mark.xdist_group("install-guest")

VERSION = packages.VERSION
LATER = "99.0"
DEEDS = f"""
# By their paths: busybox has a dpkg of its own, which its shell prefers.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive SYSTEMD_COLORS=0 SYSTEMD_URLIFY=0 PERL5OPT=-Mquick_perl
try() {{ "$@" 2>&1; echo "status $?"; }}
install() {{ version=$1; shift; try /usr/bin/dpkg -i $(for name; do echo /debs/${{name}}_$version.deb; done); packages; state; }}
remove() {{ try /usr/bin/dpkg "$@"; packages; state; }}
packages() {{ for name in nadir nadir-dkms; do dpkg-query -W -f '${{Package}} ${{Version}} ${{db:Status-Status}}\\n' $name 2>&1; done; }}
# By systemd's own files: systemctl would take a second each time. Section "start" has its words.
state() {{
    [ -L /run/systemd/units/invocation:nadir.service ] && active=active || active=inactive
    [ -L /etc/systemd/system/multi-user.target.wants/nadir.service ] && enabled=enabled || enabled=disabled
    echo "state: $active, $enabled, $([ -d /sys/module/nadir ] && nadir status 2>&1 | head -n 1 || echo no module)"
}}
status() {{ systemctl --no-pager -l status nadir; }}
unit() {{ systemctl --no-pager --no-legend list-unit-files nadir.service; }}

section install; install {VERSION} nadir; unit
section no-module; try nadir on; try systemctl start nadir; status
section module; install {VERSION} nadir-dkms
section by-hand; modprobe nadir; try nadir on; state; try /built/packaged/nadir status
section upgrade-by-hand; install {VERSION} nadir
section upgrade; systemctl start nadir; state; install {LATER} nadir nadir-dkms
section in-use; sleep 1000 </dev/nadir & install {VERSION} nadir-dkms; kill $!
section remove; systemctl -q enable nadir; state; remove -r nadir-dkms nadir
section purge; remove -P nadir; unit
find / -xdev -name "*nadir*" | grep -vE "^/(debs|built|proc|sys|lib/modules/nadir_?[a-z]*.ko)(/|$)"
find /var/lib/systemd /run/nadir* -type f 2>/dev/null

section alone; install {VERSION} nadir-dkms; modprobe nadir; ls /dev/nadir; remove -r nadir-dkms
section again; install {VERSION} nadir nadir-dkms
section refused; for name in irqbypass kvm kvm-intel; do insmod /lib/modules/$name.ko; done
kvm systemctl start nadir; state; status; rmmod kvm-intel kvm irqbypass
section enable; try systemctl enable --now nadir; state; nadir status; status
section restart; try systemctl restart nadir; state; nadir status
section stop; nadir off; try systemctl stop nadir; state; status
section off; sed 's/$/ nadir=off/' /proc/cmdline >/tmp/cmdline; mount --bind /tmp/cmdline /proc/cmdline
try systemctl start nadir; state; umount /proc/cmdline
section boot; nadir on; try systemctl start multi-user.target; state; systemctl poweroff
"""
LAST = """
section shutdown; nadir status
report
"""


@pytest.fixture(scope="module")
def boot(tmp_path_factory):
    folder = tmp_path_factory.mktemp("install")
    debs = [packages.slim(package, version, folder) for package in ("nadir", "nadir-dkms") for version in (VERSION, LATER)]
    modules = {VERSION: product.module(), LATER: debian_guest.of_version(product.module(), LATER, folder / "later")}

    def prepare(initrd):
        debian_guest.prepare(initrd, modules, debs)
        initrd.program("built/packaged/nadir", packages.unpacked("nadir", folder / "packaged") / "usr/bin/nadir")
        systemd_guest.prepare(initrd, DEEDS, LAST)

    return guest.boot(folder, systemd_guest.START, programs=("kvm",), prepare=prepare, append=f"panic=-1 {systemd_guest.COMMAND_LINE}",
                      modules=[debian.kernel().module(name) for name in ("irqbypass", "kvm", "kvm-intel")], timeout=1500)


def packages_of(boot, section):
    """{package: (version, state)}"""
    found = [re.fullmatch(r"(nadir(?:-dkms)?) (\S*) (\S+) *", line) for line in boot[section]]
    return {match[1]: (match[2], match[3]) for match in found if match}


def statuses(boot, section):
    return [line.removeprefix("status ") for line in boot[section] if line.startswith("status ")]


def states(boot, section):
    return [line.removeprefix("state: ") for line in boot[section] if line.startswith("state: ")]


ON = "Nadir is on: 2 of 2 processors in VMX non-root operation."
OFF = "Nadir is off: 0 of 2 processors in VMX non-root operation."
BOTH = {"nadir": (VERSION, "installed"), "nadir-dkms": (VERSION, "installed")}
BOTH_LATER = {"nadir": (LATER, "installed"), "nadir-dkms": (LATER, "installed")}


def test_machine_runs_on(boot):
    guest.assert_quiet(boot)


def test_installing_turns_nothing_on(boot):
    assert statuses(boot, "install") == statuses(boot, "module") == ["0"], boot.text("install") + boot.text("module")
    assert boot["install"][-1].split() == ["nadir.service", "disabled", "disabled"], "as it is, and as a first start leaves it"
    assert packages_of(boot, "module") == packages_of(boot, "again") == BOTH
    assert states(boot, "module") == states(boot, "again") == ["inactive, disabled, no module"]
    assert f"dkms: asked to build nadir {VERSION}, version before: none" in boot["module"]


def test_a_missing_module_is_named(boot):
    assert statuses(boot, "no-module") == ["3", "1"], boot.text("no-module")
    words = "nadir: Nadir's module is not loaded: there is no /dev/nadir."
    assert boot["no-module"][0] == words
    journal = [line for line in boot["no-module"] if " debian nadir[" in line]
    assert any(line.endswith(words) for line in journal), boot.text("no-module")
    assert any("modprobe nadir (package nadir-dkms)" in line for line in journal)
    assert re.search(r"Active: failed \(Result: exit-code\)", boot.text("no-module"))


def test_what_was_on_by_hand_is_off_after_an_upgrade(boot):
    assert states(boot, "by-hand") == [f"inactive, disabled, {ON}"]
    assert statuses(boot, "upgrade-by-hand") == ["0"]
    assert boot.text("upgrade-by-hand").count("Nadir was on: it has been turned off, and stays off.") == 1
    assert states(boot, "upgrade-by-hand") == ["inactive, disabled, no module"]
    assert "started again" not in boot.text("upgrade-by-hand")


def test_a_service_that_is_active_is_so_after_an_upgrade(boot):
    """Stopped before; started once both packages are of one version; although it is disabled."""
    assert statuses(boot, "upgrade") == ["0"], boot.text("upgrade")
    assert states(boot, "upgrade") == [f"active, disabled, {ON}"] * 2, boot.text("upgrade")
    assert packages_of(boot, "upgrade") == BOTH_LATER
    lines = boot["upgrade"]
    order = [f"dkms: removed nadir {VERSION}",
             f"Nadir's service was active. It is started again once nadir and nadir-dkms both have version {LATER}.",
             f"dkms: asked to build nadir {LATER}, version before: {VERSION}",
             "Nadir's service was active, and has been started again."]
    assert [line for line in lines if line in order] == order, boot.text("upgrade")
    assert "still in the kernel" not in boot.text("upgrade") and "Nadir was on" not in boot.text("upgrade")


def test_what_is_in_use_stays_and_is_on(boot):
    assert statuses(boot, "in-use") == ["1"], boot.text("in-use")
    words = "in use, so the package nadir-dkms stays as it is. Which program has /dev/nadir open?"
    assert boot.text("in-use").count(words) == 2, "said by the old package, and by the new one"
    assert packages_of(boot, "in-use") == BOTH_LATER
    assert states(boot, "in-use") == [f"active, disabled, {ON}"], boot.text("in-use")
    assert boot.text("in-use").count("and has been started again.") == 1


def test_the_command_as_packaged_runs_on_debian_s_libraries(boot):
    """Elsewhere in this boot another link of it stands in for it."""
    assert statuses(boot, "by-hand") == ["0", "0"] and ON in boot["by-hand"], boot.text("by-hand")


def test_removing_while_active_stops_it_first(boot):
    """That it was enabled is kept, as of every service of Debian's that may come back."""
    assert statuses(boot, "remove") == ["0"], boot.text("remove")
    assert states(boot, "remove") == [f"active, enabled, {ON}", "inactive, enabled, no module"]
    assert packages_of(boot, "remove") == {"nadir": (LATER, "config-files"), "nadir-dkms": ("", "not-installed")}
    text = boot.text("remove")
    assert f"dkms: removed nadir {LATER}" in text and "still in the kernel" not in text and "started again" not in text


def test_purging_leaves_nothing(boot):
    assert statuses(boot, "purge") == ["0"], boot.text("purge")
    assert states(boot, "purge") == ["inactive, disabled, no module"]
    left = [line for line in boot["purge"] if line.startswith(("/", "nadir.service"))]
    assert left == [], left


def test_the_module_s_package_without_the_command_s(boot):
    assert statuses(boot, "alone") == ["0", "0"] and "/dev/nadir" in boot["alone"], boot.text("alone")
    assert states(boot, "alone") == ["inactive, disabled, no module"] * 2
    lines = [line for line in boot["alone"] if "module" in line and not line.startswith("state")]
    assert lines == ["Nadir's module was loaded: it has left the kernel, and Nadir is off."], boot.text("alone")
    assert f"dkms: removed nadir {VERSION}" in boot["alone"]


def test_a_refusal_is_in_the_status_and_in_the_journal(boot):
    """Of a machine on which KVM has a machine of its own."""
    text = boot.text("refused")
    assert "kvm: machine created" in text and "Job for nadir.service failed" in text
    assert states(boot, "refused") == [f"inactive, disabled, {OFF}"]
    assert re.search(r"Active: failed \(Result: exit-code\)", text), text
    said = "\n".join(line for line in boot["refused"] if " debian nadir[" in line)
    assert "Nadir did not start, and the machine is as it was." in said and "another hypervisor uses VMX" in said, text


def test_enabled_and_started(boot):
    assert statuses(boot, "enable") == ["0"], boot.text("enable")
    assert states(boot, "enable") == [f"active, enabled, {ON}"]
    text = boot.text("enable")
    assert re.search(r"processors on: +0-1\b", text)
    assert re.search(r"Loaded: loaded \(\S+/nadir.service; enabled;", text) and "Active: active (exited)" in text
    assert re.search(r" nadir\[\d+\]: Nadir is on: 2 processors", text), "the journal has it"


def test_restarted_and_stopped(boot):
    """What was turned off by hand, too."""
    assert statuses(boot, "restart") == statuses(boot, "stop") == ["0"]
    assert states(boot, "restart") == [f"active, enabled, {ON}"]
    assert re.search(r"successful starts: +2\b", boot.text("restart")), boot.text("restart")
    assert states(boot, "stop") == [f"inactive, enabled, {OFF}"]
    assert "Active: inactive (dead)" in boot.text("stop"), boot.text("stop")


def test_a_word_on_the_kernel_s_command_line_keeps_it_off(boot):
    assert statuses(boot, "off") == ["0"] and states(boot, "off") == [f"inactive, enabled, {OFF}"]


def test_a_start_of_the_system_turns_it_on_and_a_shutdown_off(boot):
    """Here it is on already: the service is content with that."""
    assert statuses(boot, "boot") == ["0"]
    assert states(boot, "boot") == [f"active, enabled, {ON}"]
    assert boot["shutdown"][0] == OFF, boot.text("shutdown")
