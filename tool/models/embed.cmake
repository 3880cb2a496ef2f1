# SPDX-License-Identifier: MIT OR GPL-2.0-only
# Writes OUTPUT, a source with the text of every file of MODELS (separated by "|"): cmake -DMODELS=a|b -DOUTPUT=x.cpp -P embed.cmake
string(REPLACE "|" ";" models "${MODELS}")
set(rows "")
foreach(model IN LISTS models)
    get_filename_component(name "${model}" NAME_WE)
    # As brackets and semicolons are CMake's, the text is taken in hexadecimal.
    file(READ "${model}" digits HEX)
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "\\\\x\\1" text "${digits}")
    # Adjacent literals: no compiler's limit on one is reached.
    string(REGEX REPLACE "((\\\\x[0-9a-f][0-9a-f])(\\\\x[0-9a-f][0-9a-f])(\\\\x[0-9a-f][0-9a-f])(\\\\x[0-9a-f][0-9a-f])(\\\\x[0-9a-f][0-9a-f])(\\\\x[0-9a-f][0-9a-f])(\\\\x[0-9a-f][0-9a-f])(\\\\x[0-9a-f][0-9a-f]))"
           "\\1\"\n    \"" text "${text}")
    string(APPEND rows "    {\"${name}\",\n    \"${text}\"},\n")
endforeach()
file(WRITE "${OUTPUT}" "// Made by tool/models/embed.cmake.
#include \"tool/models/models.h\"

namespace nadir::tool {

namespace {

constexpr EmbeddedModel models[] = {
${rows}};

} // namespace

std::span<const EmbeddedModel> processor_models() { return models; }

} // namespace nadir::tool
")
