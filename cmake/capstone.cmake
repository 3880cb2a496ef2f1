# SPDX-License-Identifier: MIT OR GPL-2.0-only
# capstone_x86: Debian's static Capstone without the machines that aren't ours, which would be 3 MB of the command. Capstone keeps a
# table of what each architecture begins with, and one that isn't compiled in has a null pointer there: so have these.
find_path(CAPSTONE_INCLUDE capstone/capstone.h REQUIRED)
find_library(CAPSTONE_LIBRARY libcapstone.a REQUIRED)
add_library(capstone_x86 INTERFACE)
target_include_directories(capstone_x86 SYSTEM INTERFACE ${CAPSTONE_INCLUDE})
target_link_libraries(capstone_x86 INTERFACE ${CAPSTONE_LIBRARY})
foreach(architecture AArch64 ARM EVM M680X M68K Mips PPC Sparc SystemZ TMS320C64x XCore)
    target_link_options(capstone_x86 INTERFACE -Wl,--defsym=${architecture}_global_init=0
                                               -Wl,--defsym=${architecture}_option=0)
endforeach()
