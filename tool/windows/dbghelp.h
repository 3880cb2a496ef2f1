// SPDX-License-Identifier: MIT OR GPL-2.0-only
// DbgHelp, Windows' reader of PDBs and of what images export. It is loaded when names are asked for, and only from where Windows has it,
// or from where NADIR_DBGHELP says: a dbghelp.dll beside nadir.exe is a favourite of whoever wants his code to run.
#pragma once

#include "tool/windows/windows.h"

#include <cstdint>
#include <dbghelp.h>
#include <string>
#include <vector>

namespace nadir::tool {

enum class NamesFrom : std::uint8_t { nothing, exports, pdb };

struct ImageName {
    std::uint64_t offset = 0; // from the image's beginning
    std::string name;
    bool by_linker = false; // else a compiler has named it, as the source does
};

struct ImageNames {
    NamesFrom from = NamesFrom::nothing;
    std::vector<ImageName>
        names; // by offset; what a source calls a function or data before what only a linker has named
};

class DbgHelp {
public:
    // Throws Failure where there is none, or one too old.
    DbgHelp();
    DbgHelp(const DbgHelp&) = delete;
    DbgHelp& operator=(const DbgHelp&) = delete;
    ~DbgHelp();

    // `path`: folders and servers to find the PDB in, divided by semicolons. Throws Failure where the image can't be read.
    ImageNames names_of(const std::wstring& image, const std::wstring& path);

private:
    template <class Function>
    void find(Function& function, const char* name);
    [[nodiscard]] HANDLE session() { return this; } // DbgHelp wants a number that nobody else takes

    std::wstring file_;
    HMODULE library_ = nullptr;
    decltype(&SymSetOptions) set_options_ = nullptr;
    decltype(&SymInitializeW) initialize_ = nullptr;
    decltype(&SymCleanup) cleanup_ = nullptr;
    decltype(&SymSetSearchPathW) set_search_path_ = nullptr;
    decltype(&SymLoadModuleExW) load_module_ = nullptr;
    decltype(&SymUnloadModule64) unload_module_ = nullptr;
    decltype(&SymGetModuleInfoW64) module_info_ = nullptr;
    decltype(&SymEnumSymbolsW) enumerate_ = nullptr;
};

} // namespace nadir::tool
