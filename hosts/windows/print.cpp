// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Lines of the kernel's debug output. Windows shows errors always, the rest where the filter for IHVDRIVER lets it through.
#include "base/format.h"
#include "hosts/windows/host.h"

namespace nadir::windows {

namespace {

ULONG level_for(nadir_u32 level) {
    switch (level) {
    case NADIR_LEVEL_ERROR: return DPFLTR_ERROR_LEVEL;
    case NADIR_LEVEL_WARNING: return DPFLTR_WARNING_LEVEL;
    case NADIR_LEVEL_INFO: return DPFLTR_TRACE_LEVEL;
    default: return DPFLTR_INFO_LEVEL;
    }
}

} // namespace

void print_words(nadir_u32 level, std::string_view line, const char* words) {
    // 512 bytes is what DbgPrintEx formats; longer lines go in two.
    constexpr size_t most = 400;
    std::string_view rest{words};
    do {
        const std::string_view piece{rest.data(), rest.size() < most ? rest.size() : most};
        rest.remove_prefix(piece.size());
        char text[480];
        base::Writer writer{text};
        writer.text(line).text(piece);
        DbgPrintEx(DPFLTR_IHVDRIVER_ID, level_for(level), "nadir: %s\n", text);
        line = "... ";
    } while (!rest.empty());
}

void print(nadir_u32 level, std::string_view pattern, std::initializer_list<nadir_u64> numbers) {
    char text[200];
    base::Writer writer{text};
    base::format(writer, pattern, {numbers.begin(), numbers.size()});
    print_words(level, {}, text);
}

} // namespace nadir::windows

NADIR_ABI void nadir_host_print(nadir_u32 level, const char* text) { nadir::windows::print_words(level, {}, text); }
