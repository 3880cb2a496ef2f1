# SPDX-License-Identifier: MIT OR GPL-2.0-only
#
# --- The service, as packaging/debian/service.sh has it for the scripts of both packages.
# dh_installsystemd --no-enable --no-start would let an upgraded service that is active go on, and try-restart it at the end. The
# old command would then have to stop a module that the new one doesn't talk to: so it is stopped before, and what was active is
# started again by whichever package is the last to have the new version. A note keeps that meanwhile.
again=/run/nadir-start-again

has_systemd() {
    [ -z "${DPKG_ROOT:-}" ] && [ -d /run/systemd/system ] && command -v deb-systemd-invoke >/dev/null
}

# By systemd's hand, so that systemd knows.
stop_service() {
    has_systemd && systemctl --quiet is-active nadir.service || return 0
    : >"$again"
    deb-systemd-invoke stop nadir.service || true
}

# start_again VERSION: of the package that has the module for this kernel, or the command, whichever the caller is not.
start_again() {
    [ -e "$again" ] && has_systemd || return 0
    if [ "$1" != "@NADIR_VERSION@" ]; then
        echo "Nadir's service was active. It is started again once nadir and nadir-dkms both have version @NADIR_VERSION@."
        return 0
    fi
    rm -f "$again"
    # Not `start`: deb-systemd-invoke would not start what is disabled, although it was active. Both heed policy-rc.d.
    # Whether the module is there says whether the service's conditions let it start.
    if deb-systemd-invoke reload-or-restart nadir.service && [ -d /sys/module/nadir ]; then
        echo "Nadir's service was active, and has been started again."
    else
        echo "Nadir's service was active, and has not been started again. See: systemctl status nadir" >&2
    fi
}
# ---
