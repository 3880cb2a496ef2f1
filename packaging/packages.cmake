# SPDX-License-Identifier: MIT OR GPL-2.0-only
# What CPack is told of the three packages. [cpack-generators(7) "CPack DEB Generator"; Debian Policy]
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME nadir)
set(CPACK_PACKAGE_VERSION ${NADIR_VERSION})
set(CPACK_PACKAGING_INSTALL_PREFIX /)
set(CPACK_COMPONENTS_ALL tool dkms dev)
set(CPACK_DEB_COMPONENT_INSTALL ON)
# Programs are stripped where they are linked.
set(CPACK_STRIP_FILES OFF)
# What is built for packages, the target `packages` says; the rest of the project need not be.
set(CPACK_CMAKE_GENERATOR Ninja)

set(CPACK_DEBIAN_PACKAGE_MAINTAINER ${maintainer})
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
# The first line of all descriptions.
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "hypervisor beneath a running system (Intel VT-x)")
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION TRUE)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)

set(CPACK_DEBIAN_TOOL_PACKAGE_NAME nadir)
set(CPACK_DEBIAN_TOOL_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_TOOL_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_TOOL_PACKAGE_DEPENDS kmod)
set(CPACK_DEBIAN_TOOL_PACKAGE_RECOMMENDS "nadir-dkms (= ${NADIR_VERSION})")
set(CPACK_DEBIAN_TOOL_DESCRIPTION "Nadir puts a running Linux under a hypervisor, and takes it out again,
without a reboot. It shows what the system does (CPUID, MSRs, control
registers, exceptions and others), and can let it see something else.
.
This package has the command. It needs the module of nadir-dkms, except for
explaining failed VM entries of any hypervisor (Linux KVM, Xen) and for
decoding registers, which work anywhere.")
set(CPACK_DEBIAN_TOOL_PACKAGE_CONTROL_EXTRA ${made}/nadir/postinst ${made}/nadir/prerm ${made}/nadir/postrm)

set(CPACK_DEBIAN_DKMS_PACKAGE_NAME nadir-dkms)
set(CPACK_DEBIAN_DKMS_PACKAGE_SECTION kernel)
set(CPACK_DEBIAN_DKMS_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_DKMS_PACKAGE_DEPENDS "dkms (>= 3.0), g++ (>= 4:12), kmod")
set(CPACK_DEBIAN_DKMS_PACKAGE_RECOMMENDS "nadir (= ${NADIR_VERSION})")
set(CPACK_DEBIAN_DKMS_DESCRIPTION "Nadir puts a running Linux under a hypervisor, and takes it out again,
without a reboot.
.
This package has the source of the kernel module nadir, which DKMS builds for
each kernel from Linux 6.1 on whose headers are installed
(linux-headers-amd64, linux-headers-cloud-amd64).")
set(CPACK_DEBIAN_DKMS_PACKAGE_CONTROL_EXTRA ${made}/nadir-dkms/postinst ${made}/nadir-dkms/prerm)

set(CPACK_DEBIAN_DEV_PACKAGE_NAME nadir-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_DESCRIPTION "Nadir puts a running Linux under a hypervisor, and takes it out again,
without a reboot.
.
This package has its rules of VM entry as a library that other hypervisors can
link, which names each rule that a VMCS breaks; Intel's architecture as C++
types; and the interface of the kernel module.")

# The same sources give the same packages: files are of the version's day, whenever they were made.
set(CPACK_PROJECT_CONFIG_FILE ${CMAKE_CURRENT_SOURCE_DIR}/reproducible.cmake)
set(CPACK_NADIR_DATE ${NADIR_DATE})
include(CPack)
