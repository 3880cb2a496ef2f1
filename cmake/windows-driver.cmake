# SPDX-License-Identifier: MIT OR GPL-2.0-only
# The tools for nadir.sys: Clang with Microsoft's ABI, and LLVM's linker. CMake's own idea of Windows is one of programs with a
# run-time library; a driver has neither, so the system is "Generic" and hosts/windows says what is passed on.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR AMD64)
set(NADIR_WINDOWS_DRIVER ON)

find_program(NADIR_CLANGXX NAMES clang++-16 clang++ REQUIRED)
find_program(NADIR_CLANG NAMES clang-16 clang REQUIRED)
find_program(NADIR_LLD_LINK NAMES lld-link-16 lld-link REQUIRED)
find_program(NADIR_DLLTOOL NAMES llvm-dlltool-16 llvm-dlltool REQUIRED)
set(CMAKE_CXX_COMPILER ${NADIR_CLANGXX})
set(CMAKE_ASM_COMPILER ${NADIR_CLANG})
# There is nothing to link a trial program with.
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
