# SPDX-License-Identifier: MIT OR GPL-2.0-only
# nadir_hosted(TARGET): what every program of ours that runs under an operating system is compiled with.
function(nadir_hosted target)
    target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR})
    target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)
    if(NADIR_SANITIZE)
        target_compile_options(${target} PRIVATE -fsanitize=address,undefined -fno-sanitize-recover=all
                                                 -fno-omit-frame-pointer)
        # GCC's manual: with sanitizers it has more false alarms. It has them in std::regex.
        target_compile_options(${target} PRIVATE -Wno-maybe-uninitialized)
        target_link_options(${target} PRIVATE -fsanitize=address,undefined)
    endif()
endfunction()
