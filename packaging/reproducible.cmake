# SPDX-License-Identifier: MIT OR GPL-2.0-only
# Read by cpack. A builder of distributions sets SOURCE_DATE_EPOCH; otherwise it is the day in version.txt.
if(NOT DEFINED ENV{SOURCE_DATE_EPOCH})
    execute_process(COMMAND date -u -d ${CPACK_NADIR_DATE} +%s OUTPUT_VARIABLE seconds OUTPUT_STRIP_TRAILING_WHITESPACE
                    COMMAND_ERROR_IS_FATAL ANY)
    set(ENV{SOURCE_DATE_EPOCH} ${seconds})
endif()
