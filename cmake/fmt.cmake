# SPDX-License-Identifier: MIT OR GPL-2.0-only
# nadir_fmt: fmt, compiled once and linked statically. Debian has no static libfmt, and as headers alone all of it is compiled again in
# each file: half of the compiler's time for the command.
add_library(nadir_fmt STATIC ${CMAKE_CURRENT_LIST_DIR}/fmt_compiled.cpp)
target_compile_features(nadir_fmt PUBLIC cxx_std_20)
target_include_directories(nadir_fmt SYSTEM PUBLIC $<TARGET_PROPERTY:fmt::fmt-header-only,INTERFACE_INCLUDE_DIRECTORIES>)
