# SPDX-License-Identifier: MIT OR GPL-2.0-only
# The core in its two builds. Each folder is globbed, here and in hosts/linux/Kbuild alike, so that a new file needs no list.
file(GLOB NADIR_PURE_SOURCES CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}
     base/*.cpp control/*.cpp check/*.cpp)
file(GLOB NADIR_ENTRY_SOURCES CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR} check/entry/rules/*.cpp)
file(GLOB NADIR_CORE_SOURCES CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR} core/*.cpp core/*/*.cpp)
file(GLOB NADIR_CPU_SOURCES CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR} cpu/*.cpp cpu/*.S)
set(NADIR_HOSTED_PURE_SOURCES ${NADIR_PURE_SOURCES})
# A hosted program has memcpy and its kin from its C library.
list(REMOVE_ITEM NADIR_HOSTED_PURE_SOURCES base/memory.cpp)
foreach(list PURE CORE CPU ENTRY HOSTED_PURE)
    list(TRANSFORM NADIR_${list}_SOURCES PREPEND ${PROJECT_SOURCE_DIR}/)
endforeach()

file(STRINGS core/flags.txt NADIR_CORE_FLAGS)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS core/flags.txt)

# What root mode never runs comes last: what it shares with the rest (inline functions) must be in root mode's part.
file(STRINGS core/system_context.txt NADIR_SYSTEM_SOURCES REGEX "^[^#]")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS core/system_context.txt)

include(cmake/extensions.cmake)

if(NADIR_WINDOWS_DRIVER)
    return() # hosts/windows compiles the core for itself
endif()

# As it runs beneath a system: freestanding, kernel code model. hosts/linux compiles the same with the same flags by kbuild.
set(root_sources ${NADIR_PURE_SOURCES} ${NADIR_CORE_SOURCES} ${NADIR_CPU_SOURCES})
set(system_sources ${NADIR_SYSTEM_SOURCES})
list(TRANSFORM system_sources PREPEND ${PROJECT_SOURCE_DIR}/)
list(REMOVE_ITEM root_sources ${system_sources})
nadir_extensions(extension_sources ${NADIR_EXTENSIONS})
add_library(nadir_core_kernel OBJECT ${root_sources} ${extension_sources} ${system_sources} ${NADIR_ENTRY_SOURCES})
target_include_directories(nadir_core_kernel PRIVATE ${PROJECT_SOURCE_DIR})
target_compile_options(nadir_core_kernel PRIVATE "$<$<COMPILE_LANGUAGE:CXX>:${NADIR_CORE_FLAGS}>")
set_target_properties(nadir_core_kernel PROPERTIES POSITION_INDEPENDENT_CODE OFF)
if(WIN32) # there hosts/windows compiles it, by flags of its own
    set_target_properties(nadir_core_kernel PROPERTIES EXCLUDE_FROM_ALL ON)
endif()

# What is pure (no instruction that only CPL 0 may execute), for the tool and the tests.
add_library(nadir_pure STATIC ${NADIR_HOSTED_PURE_SOURCES})
nadir_hosted(nadir_pure)
target_link_libraries(nadir_pure PUBLIC nadir_entry_rules)
