# SPDX-License-Identifier: MIT OR GPL-2.0-only
# nadir_bare_kernel(TARGET FILE SOURCE...): a Multiboot kernel with the entry and the machine of hosts/bare. FILE.elf is
# 32-bit code that carries the 64-bit image of the sources (which define bare_main); FILE64.elf is that image, with symbols.
function(nadir_bare_kernel target file)
    set(folder ${PROJECT_SOURCE_DIR}/hosts/bare)
    set(link -nostdlib -static -Wl,--build-id=none -Wl,-z,noexecstack -Wl,-z,max-page-size=4096
        -Wl,--no-warn-rwx-segments)
    file(GLOB machine CONFIGURE_DEPENDS ${folder}/machine/*.cpp ${folder}/machine/*.S)
    set(image ${target}_image)
    set(system_objects ${NADIR_SYSTEM_SOURCES})
    list(TRANSFORM system_objects REPLACE "(.+)" "*nadir_core_kernel.dir/\\1.*")
    list(JOIN system_objects " " system_objects)
    set(script ${CMAKE_CURRENT_BINARY_DIR}/${file}_image.ld)
    configure_file(${folder}/image.ld ${script} @ONLY)
    add_executable(${image} ${ARGN} ${machine})
    target_include_directories(${image} PRIVATE ${PROJECT_SOURCE_DIR})
    target_compile_options(${image} PRIVATE "$<$<COMPILE_LANGUAGE:CXX>:${NADIR_CORE_FLAGS}>")
    target_link_options(${image} PRIVATE ${link} -Wl,-T,${script})
    set_target_properties(${image} PROPERTIES OUTPUT_NAME ${file}64.elf POSITION_INDEPENDENT_CODE OFF
                          LINK_DEPENDS ${script})

    nadir_bare_carrier(${target} ${file})
endfunction()

# nadir_bare_kernel_with(TARGET FILE LIBRARY): nadir.elf with this object library's core in the place of the sources that the library
# has, too. The host is the same.
function(nadir_bare_kernel_with target file library)
    list(JOIN NADIR_SEAM_SOURCES "|" seam)
    string(REPLACE "${PROJECT_SOURCE_DIR}" "" seam "${seam}")
    set(image ${target}_image)
    # The library first: what it shares with code that root mode never runs has to be in root mode's part of the image.
    add_executable(${image} $<TARGET_OBJECTS:${library}>
                            "$<FILTER:$<TARGET_OBJECTS:nadir_core_kernel>,EXCLUDE,(${seam})[.]o$>"
                            $<TARGET_OBJECTS:nadir_elf_image>)
    set(script ${PROJECT_BINARY_DIR}/hosts/bare/nadir_image.ld)
    target_link_options(${image} PRIVATE -nostdlib -static -Wl,--build-id=none -Wl,-z,noexecstack
                        -Wl,-z,max-page-size=4096 -Wl,--no-warn-rwx-segments -Wl,-T,${script})
    set_target_properties(${image} PROPERTIES OUTPUT_NAME ${file}64.elf POSITION_INDEPENDENT_CODE OFF
                          LINKER_LANGUAGE CXX LINK_DEPENDS ${script})
    nadir_bare_carrier(${target} ${file})
endfunction()

# nadir_bare_carrier(TARGET FILE): the 32-bit half, around the image of the target TARGET_image.
function(nadir_bare_carrier target file)
    set(folder ${PROJECT_SOURCE_DIR}/hosts/bare)
    set(link -nostdlib -static -Wl,--build-id=none -Wl,-z,noexecstack -Wl,-z,max-page-size=4096
        -Wl,--no-warn-rwx-segments)
    set(image ${target}_image)
    set(binary ${CMAKE_CURRENT_BINARY_DIR}/${file}64.bin)
    add_custom_command(OUTPUT ${binary}
        COMMAND ${CMAKE_OBJCOPY} -O binary $<TARGET_FILE:${image}> ${binary}
        DEPENDS ${image} VERBATIM)

    # The 32-bit part has the same flags but for those that only 64-bit code knows.
    set(entry_flags ${NADIR_CORE_FLAGS})
    list(REMOVE_ITEM entry_flags -mcmodel=kernel -mno-red-zone)
    # A source of this directory's own: the properties of start.S say which image it carries.
    set(start ${CMAKE_CURRENT_BINARY_DIR}/${file}_start.S)
    file(CONFIGURE OUTPUT ${start} CONTENT "#define NADIR_IMAGE \"${binary}\"\n#include \"hosts/bare/entry/start.S\"\n")
    add_executable(${target} ${start} ${folder}/entry/prepare.cpp ${binary})
    target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR})
    target_compile_options(${target} PRIVATE -m32 "$<$<COMPILE_LANGUAGE:CXX>:${entry_flags}>")
    target_link_options(${target} PRIVATE -m32 ${link} -Wl,-T,${folder}/entry/entry.ld)
    set_source_files_properties(${start} PROPERTIES OBJECT_DEPENDS "${binary};${folder}/entry/start.S")
    set_target_properties(${target} PROPERTIES OUTPUT_NAME ${file}.elf POSITION_INDEPENDENT_CODE OFF
                          LINK_DEPENDS ${folder}/entry/entry.ld)
endfunction()
