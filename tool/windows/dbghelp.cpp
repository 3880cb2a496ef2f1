// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/windows/dbghelp.h"

#include "tool/exit_status.h"
#include "tool/windows/text.h"

#include <algorithm>
#include <fmt/format.h>
#include <tuple>

namespace nadir::tool {

namespace {

constexpr ULONG tag_public_symbol = 10; // of SymTagEnum, which not every dbghelp.h has
constexpr const wchar_t* place_variable = L"NADIR_DBGHELP";

// A constant's "address" is its value, a local variable's is on some stack, and a forwarder's is the name of somebody else's function.
constexpr ULONG no_place = SYMFLAG_VALUEPRESENT | SYMFLAG_REGISTER | SYMFLAG_REGREL | SYMFLAG_FRAMEREL |
                           SYMFLAG_PARAMETER | SYMFLAG_LOCAL | SYMFLAG_CONSTANT | SYMFLAG_FORWARDER | SYMFLAG_TLSREL |
                           SYMFLAG_SLOT | SYMFLAG_ILREL | SYMFLAG_METADATA | SYMFLAG_CLR_TOKEN | SYMFLAG_NULL;

struct Collection {
    std::vector<ImageName>& names;
    DWORD64 base;
};

BOOL CALLBACK collect(SYMBOL_INFOW* symbol, ULONG /*size*/, void* context) {
    const Collection& into = *static_cast<Collection*>(context);
    if ((symbol->Flags & no_place) == 0 && symbol->NameLen != 0 && symbol->Address >= into.base) {
        into.names.push_back({symbol->Address - into.base, to_utf8(symbol->Name), symbol->Tag == tag_public_symbol});
    }
    return TRUE;
}

// The same name comes as the linker's and as the compiler's.
void put_in_order(std::vector<ImageName>& names) {
    const auto key = [](const ImageName& one) { return std::tie(one.offset, one.name, one.by_linker); };
    std::ranges::sort(names, {}, key);
    const auto same = [](const ImageName& one, const ImageName& other) {
        return one.offset == other.offset && one.name == other.name;
    };
    names.erase(std::unique(names.begin(), names.end(), same), names.end());
    std::ranges::stable_sort(names, {}, [](const ImageName& one) { return std::pair(one.offset, one.by_linker); });
}

NamesFrom source_of(const IMAGEHLP_MODULEW64& module) {
    if (module.SymType == SymNone) {
        return NamesFrom::nothing;
    }
    return module.SymType == SymExport || module.PdbUnmatched != 0 ? NamesFrom::exports : NamesFrom::pdb;
}

} // namespace

DbgHelp::DbgHelp() {
    wchar_t place[MAX_PATH];
    const DWORD length = GetEnvironmentVariableW(place_variable, place, MAX_PATH);
    const bool chosen = length > 0 && length < MAX_PATH;
    file_ = chosen ? place : L"dbghelp.dll";
    library_ =
        LoadLibraryExW(file_.c_str(), nullptr, chosen ? LOAD_WITH_ALTERED_SEARCH_PATH : LOAD_LIBRARY_SEARCH_SYSTEM32);
    if (library_ == nullptr) {
        const std::string words = error_text(GetLastError());
        throw Failure(
            ExitStatus::failed,
            fmt::format("{}, Windows' reader of symbols, can't be loaded: {}.", to_utf8(file_), words),
            chosen
                ? "NADIR_DBGHELP has to be the whole name of a dbghelp.dll for 64-bit programs, or not set."
                : "It is a part of Windows (sfc /scannow looks for missing ones), and of the Debugging Tools for Windows: set "
                  "NADIR_DBGHELP to the whole name of that one.");
    }
    find(set_options_, "SymSetOptions");
    find(initialize_, "SymInitializeW");
    find(cleanup_, "SymCleanup");
    find(set_search_path_, "SymSetSearchPathW");
    find(load_module_, "SymLoadModuleExW");
    find(unload_module_, "SymUnloadModule64");
    find(module_info_, "SymGetModuleInfoW64");
    find(enumerate_, "SymEnumSymbolsW");
    // Nothing to click on, and no folder that the image names: that was on the machine that linked it.
    set_options_(SYMOPT_FAIL_CRITICAL_ERRORS | SYMOPT_NO_PROMPTS | SYMOPT_IGNORE_CVREC);
    if (initialize_(session(), L"", FALSE) == FALSE) {
        throw Failure(ExitStatus::failed, fmt::format("DbgHelp doesn't begin: {}.", error_text(GetLastError())));
    }
}

DbgHelp::~DbgHelp() {
    cleanup_(session());
    FreeLibrary(library_);
}

template <class Function>
void DbgHelp::find(Function& function, const char* name) {
    function = reinterpret_cast<Function>(reinterpret_cast<void*>(GetProcAddress(library_, name)));
    if (function == nullptr) {
        throw Failure(
            ExitStatus::failed, fmt::format("{} is too old: it has no {}.", to_utf8(file_), name),
            "Set NADIR_DBGHELP to the whole name of a newer one, such as that of the Debugging Tools for Windows.");
    }
}

ImageNames DbgHelp::names_of(const std::wstring& image, const std::wstring& path) {
    set_search_path_(session(), path.c_str());
    const DWORD64 base = load_module_(session(), nullptr, image.c_str(), nullptr, 0, 0, nullptr, 0);
    if (base == 0) {
        throw Failure(ExitStatus::failed,
                      fmt::format("{} can't be read: {}.", to_utf8(image), error_text(GetLastError())));
    }
    ImageNames found;
    Collection collection{found.names, base};
    enumerate_(session(), base, L"*", collect, &collection);
    IMAGEHLP_MODULEW64 module{};
    module.SizeOfStruct = sizeof(module);
    if (module_info_(session(), base, &module) != FALSE) {
        found.from = source_of(module);
    }
    unload_module_(session(), base);
    put_in_order(found.names);
    return found;
}

} // namespace nadir::tool
