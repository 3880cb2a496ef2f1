# SPDX-License-Identifier: MIT OR GPL-2.0-only
# nadir_small_guest(TARGET SOURCE...): a guest of the emulator for a test, on the entry of tests/small_guest.
function(nadir_small_guest target)
    set(folder ${PROJECT_SOURCE_DIR}/tests/small_guest)
    set(flags ${NADIR_CORE_FLAGS})
    list(REMOVE_ITEM flags -mcmodel=kernel)
    add_executable(${target} ${folder}/start.S ${ARGN})
    target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR})
    target_compile_options(${target} PRIVATE "$<$<COMPILE_LANGUAGE:CXX>:${flags}>")
    target_link_options(${target} PRIVATE -nostdlib -static -no-pie -Wl,--build-id=none -Wl,-z,noexecstack
                        -Wl,-z,max-page-size=4096 -Wl,--no-warn-rwx-segments -Wl,-T,${folder}/small_guest.ld)
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE OFF
                          LINK_DEPENDS ${folder}/small_guest.ld)
endfunction()
