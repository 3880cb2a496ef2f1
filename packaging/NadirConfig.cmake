# SPDX-License-Identifier: MIT OR GPL-2.0-only
# find_package(Nadir) gives nadir::entry_rules: the rules of VM entry (check-library.md).
include(${CMAKE_CURRENT_LIST_DIR}/NadirTargets.cmake)
