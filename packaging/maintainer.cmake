# SPDX-License-Identifier: MIT OR GPL-2.0-only
# Sets `maintainer`, who is responsible for the packages: NADIR_MAINTAINER, or what Debian's tools take (DEBFULLNAME, DEBEMAIL), or
# nobody. Not what git knows: the same sources would give everybody other packages, with a name in them that nobody has asked for.
# By itself: cmake [-DNADIR_MAINTAINER=...] -P packaging/maintainer.cmake says who that is.
set(nobody "The Nadir authors <nadir@example.org>")
if(NADIR_MAINTAINER)
    set(maintainer ${NADIR_MAINTAINER})
    set(maintainer_from "NADIR_MAINTAINER is")
elseif(DEFINED ENV{DEBFULLNAME} AND DEFINED ENV{DEBEMAIL})
    set(maintainer "$ENV{DEBFULLNAME} <$ENV{DEBEMAIL}>")
    set(maintainer_from "DEBFULLNAME and DEBEMAIL are")
else()
    set(maintainer ${nobody})
endif()
if(NOT maintainer MATCHES "^[^<>@,;]*[^<>@,; ] <[^<>@,; ]+@[^<>@,; ]+>$")
    message(FATAL_ERROR "${maintainer_from} \"${maintainer}\": packages need the name and the address of who answers for them, "
                        "as in \"Ada Lovelace <ada@example.org>\".")
endif()
if(maintainer STREQUAL nobody)
    set(maintainer_notice "These packages name nobody who answers for them: good for your own machines. Before you give them to others: "
                          "cmake --preset gcc -DNADIR_MAINTAINER=\"Name <address>\"")
    string(JOIN "" maintainer_notice ${maintainer_notice})
else()
    set(maintainer_notice "These packages name ${maintainer}.")
endif()
if(CMAKE_SCRIPT_MODE_FILE)
    message(STATUS ${maintainer_notice})
endif()
