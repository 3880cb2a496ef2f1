# SPDX-License-Identifier: MIT OR GPL-2.0-only
# shellcheck shell=sh
#
# Sourced by ./demo and ./test: installs what is missing from Debian's packages. Needs nothing but a shell, dpkg, apt.
# Packages that we only look into (the kernel image, a static busybox) aren't installed: tests/emulator/debian.py.

nadir_packages="
    g++ make cmake ninja-build binutils dpkg-dev
    clang-16 clang-tidy-16 clang-format-16 libclang-rt-16-dev lld-16
    libcapstone-dev libcli11-dev libfmt-dev nlohmann-json3-dev libncurses-dev libgtest-dev libgmock-dev libbenchmark-dev
    linux-headers-cloud-amd64 kmod lz4
    python3 python3-pytest python3-pytest-xdist
    bochs bochs-term bochsbios vgabios gdb
    grub-common grub-pc-bin xorriso mtools
    dkms lintian mandoc man-db systemd zsh fish
    llvm-16 g++-mingw-w64-x86-64-posix wine64 qemu-system-x86 python3-pefile osslsigncode openssl
    python3-pyte chromium fonts-dejavu-core
"

# Prints the packages of the list that aren't installed.
nadir_missing_packages() {
    for nadir_package in $nadir_packages; do
        nadir_status=$(dpkg-query -W -f '${db:Status-Status}' "$nadir_package" 2>/dev/null) || nadir_status=
        [ "$nadir_status" = installed ] || printf '%s ' "$nadir_package"
    done
    # Headers whose kernel the archive no longer offers are of no use: bring both up to date.
    nadir_kernel=$(nadir_kernel_release)
    if [ -n "$nadir_kernel" ] && [ ! -d "build/cache/linux-image-$nadir_kernel" ] &&
        [ -n "$(ls /var/lib/apt/lists/*_Packages* 2>/dev/null)" ] &&
        ! apt-cache show "linux-image-$nadir_kernel" >/dev/null 2>&1; then
        printf '%s ' linux-headers-cloud-amd64
    fi
}

# The newest kernel whose headers are installed, as in `uname -r`. debian.py picks the same.
nadir_kernel_release() {
    for nadir_directory in /usr/src/linux-headers-*-cloud-amd64; do
        [ -e "$nadir_directory/Makefile" ] && printf '%s\n' "${nadir_directory#/usr/src/linux-headers-}"
    done | sort -V | tail -n 1
}

nadir_explain_packages() {
    echo
    echo "Nadir needs these packages of Debian 12 (or their likes on another system):"
    echo "$1" | tr -s ' ' '\n' | sed '/^$/d; s/^/    /'
    # shellcheck disable=SC2086
    echo "As root:  apt-get install" $1
} >&2

# Installs what is missing. Exits 3, after saying in words what to install, where that can't be done here.
nadir_install_packages() {
    [ -z "${NADIR_NO_PACKAGES:-}" ] || return 0
    mkdir -p build
    if ! command -v dpkg-query >/dev/null 2>&1 || ! command -v apt-get >/dev/null 2>&1; then
        echo "This machine has no apt, so nothing was installed." >&2
        nadir_explain_packages "$nadir_packages"
        echo "Set NADIR_NO_PACKAGES=1 when they are there by other means." >&2
        exit 3
    fi
    nadir_missing=$(nadir_missing_packages)
    [ -n "$nadir_missing" ] || return 0

    if [ "$(id -u)" -eq 0 ]; then
        nadir_as_root="env"
    elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
        nadir_as_root="sudo -n env"
    else
        echo "Some packages are missing, and this user may not install them (not root, no sudo without a password)." >&2
        nadir_explain_packages "$nadir_missing"
        exit 3
    fi
    echo "Installing from Debian's packages (a minute or two; output in build/packages.log): $nadir_missing"
    : >build/packages.log
    if [ -z "$(ls /var/lib/apt/lists/*_Packages* 2>/dev/null)" ]; then
        nadir_apt update || true
    fi
    # shellcheck disable=SC2086
    nadir_apt install -y --no-install-recommends $nadir_missing ||
        { nadir_apt update && nadir_apt install -y --no-install-recommends $nadir_missing; } || {
        tail -n 20 build/packages.log >&2
        echo "apt-get failed; its output is in build/packages.log." >&2
        nadir_explain_packages "$nadir_missing"
        exit 3
    }
}

nadir_apt() {
    $nadir_as_root DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get -q -o DPkg::Lock::Timeout=300 "$@" \
        </dev/null >>build/packages.log 2>&1
}
