# SPDX-License-Identifier: MIT OR GPL-2.0-only
# The tool's libraries for a cross build: they are headers only, so those of this machine serve every target. Where they lie
# beside the machine's own headers (/usr/include), that folder must not come near a cross compiler: a folder of links has
# just the three.
set(NADIR_HEADER_LIBRARIES ${PROJECT_BINARY_DIR}/header_libraries)
file(MAKE_DIRECTORY ${NADIR_HEADER_LIBRARIES})
foreach(header CLI/CLI.hpp fmt/format.h nlohmann/json.hpp)
    cmake_path(GET header PARENT_PATH name)
    find_path(NADIR_${name}_INCLUDE ${header} REQUIRED NO_CMAKE_FIND_ROOT_PATH PATHS /usr/include /usr/local/include)
    file(REMOVE ${NADIR_HEADER_LIBRARIES}/${name})
    file(CREATE_LINK ${NADIR_${name}_INCLUDE}/${name} ${NADIR_HEADER_LIBRARIES}/${name} SYMBOLIC)
endforeach()

foreach(library CLI11::CLI11 fmt::fmt-header-only nlohmann_json::nlohmann_json)
    add_library(${library} INTERFACE IMPORTED)
    target_include_directories(${library} SYSTEM INTERFACE ${NADIR_HEADER_LIBRARIES})
endforeach()
