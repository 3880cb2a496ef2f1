# SPDX-License-Identifier: MIT OR GPL-2.0-only
# Extensions (docs/extensions.md), the same for every host: their files and what calls them belong to the core.
set(NADIR_EXTENSIONS "" CACHE STRING "C++ files to compile into root mode, separated by semicolons (docs/extensions.md)")
file(STRINGS core/extensions/seam.txt NADIR_SEAM_SOURCES REGEX "^[^#]")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS core/extensions/seam.txt)
list(TRANSFORM NADIR_SEAM_SOURCES PREPEND ${PROJECT_SOURCE_DIR}/)
file(GLOB NADIR_EXTENSION_RUNTIME CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/core/extensions/runtime/*.cpp)

# nadir_extensions(OUT FILE...): the sources that a core with these extensions has beyond the others. What else the core's
# sources need is set for targets of the calling directory. A relative file is one of the project's.
function(nadir_extensions out)
    set(${out} "" PARENT_SCOPE)
    if(NOT ARGN)
        return()
    endif()
    find_package(Python3 REQUIRED COMPONENTS Interpreter)
    execute_process(COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/cmake/extensions.py files ${ARGN}
                    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} RESULT_VARIABLE failed ERROR_VARIABLE words)
    if(failed)
        message(FATAL_ERROR "${words}")
    endif()
    set(number 0)
    foreach(file ${ARGN})
        cmake_path(ABSOLUTE_PATH file BASE_DIRECTORY ${PROJECT_SOURCE_DIR} NORMALIZE)
        cmake_path(GET file STEM name)
        set_source_files_properties(${file} PROPERTIES COMPILE_DEFINITIONS
            "NADIR_EXTENSION_NUMBER=${number};NADIR_EXTENSION_NAME=\"${name}\"")
        list(APPEND sources ${file})
        math(EXPR number "${number} + 1")
    endforeach()
    set_source_files_properties(${NADIR_SEAM_SOURCES} PROPERTIES COMPILE_DEFINITIONS NADIR_EXTENSION_COUNT=${number})
    set(${out} ${NADIR_EXTENSION_RUNTIME} ${sources} PARENT_SCOPE)
endfunction()

# nadir_check_extensions(TARGET LIBRARY FILE...): before the target is linked, these extensions' objects in the object library
# are looked at for what root mode can't have.
function(nadir_check_extensions target library)
    if(NOT ARGN)
        return()
    endif()
    find_package(Python3 REQUIRED COMPONENTS Interpreter)
    foreach(file ${ARGN})
        cmake_path(GET file FILENAME name)
        string(REPLACE "." "\\." name ${name})
        set(objects "$<FILTER:$<TARGET_OBJECTS:${library}>,INCLUDE,/${name}\\.(o|obj)$>")
        add_custom_command(TARGET ${target} PRE_LINK VERBATIM COMMAND_EXPAND_LISTS COMMAND ${Python3_EXECUTABLE}
            ${PROJECT_SOURCE_DIR}/cmake/extensions.py objects ${NADIR_OBJECT_TOOLS} ${objects})
    endforeach()
endfunction()
