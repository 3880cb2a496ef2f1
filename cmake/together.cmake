# SPDX-License-Identifier: MIT OR GPL-2.0-only
# nadir_compile_together(TARGET GROUP SOURCE...): as one file for the compiler. Nearly all of its time goes into the libraries' headers and
# templates, and those are then compiled once. Each source still stands alone: with NADIR_TOGETHER=OFF (and for clang-tidy) it is
# compiled so.
option(NADIR_TOGETHER "Compile sources that include much of the libraries in groups" ON)

function(nadir_compile_together target group)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ${NADIR_TOGETHER} UNITY_BUILD_MODE GROUP)
    set_source_files_properties(${ARGN} PROPERTIES UNITY_GROUP ${group})
    if(NADIR_TOGETHER AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        # What another source names is nothing that this one hides.
        target_compile_options(${target} PRIVATE -Wno-shadow -Wshadow=local)
    endif()
endfunction()

# nadir_compile_in_groups(TARGET SIZE SOURCE...): the same, so many sources to a group.
function(nadir_compile_in_groups target size)
    set(number 0)
    set(left ${ARGN})
    while(left)
        list(SUBLIST left 0 ${size} group)
        list(REMOVE_ITEM left ${group})
        nadir_compile_together(${target} ${target}_${number} ${group})
        math(EXPR number "${number} + 1")
    endwhile()
endfunction()
