// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/windows/symbols.h"

#include "tool/exit_status.h"
#include "tool/files.h"
#include "tool/symbols/image_file.h"
#include "tool/symbols/image_source.h"
#include "tool/symbols/symbol_path.h"
#include "tool/units.h"
#include "tool/windows/dbghelp.h"
#include "tool/windows/debug_privilege.h"
#include "tool/windows/loaded_modules.h"
#include "tool/windows/text.h"

#include <fmt/format.h>
#include <iterator>
#include <winternl.h>

namespace nadir::tool {

namespace {

constexpr ULONG system_module_information = 11; // winternl.h has neither of the two
constexpr auto length_mismatch = static_cast<NTSTATUS>(0xC0000004);
using QuerySystemInformation = NTSTATUS(NTAPI*)(ULONG, void*, ULONG, ULONG*);

enum class Servers : bool { no, yes };

std::string environment(const wchar_t* name) {
    std::wstring value(GetEnvironmentVariableW(name, nullptr, 0), L'\0');
    value.resize(GetEnvironmentVariableW(name, value.data(), static_cast<DWORD>(value.size())));
    return to_utf8(value);
}

std::string windows_folder() {
    wchar_t folder[MAX_PATH];
    return to_utf8({folder, GetSystemWindowsDirectoryW(folder, MAX_PATH)});
}

std::vector<LoadedModule> loaded_modules() {
    const auto query = reinterpret_cast<QuerySystemInformation>(
        reinterpret_cast<void*>(GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "NtQuerySystemInformation")));
    const DebugPrivilege privilege; // without it, newer versions tell no address, even to administrators
    std::vector<std::byte> answer;
    ULONG length = 0;
    NTSTATUS status = query(system_module_information, nullptr, 0, &length);
    // More may be loaded meanwhile.
    constexpr int patience = 8;
    for (int i = 0; i < patience && status == length_mismatch; ++i) {
        answer.resize(std::size_t{length} + 4096);
        status = query(system_module_information, answer.data(), static_cast<ULONG>(answer.size()), &length);
    }
    if (!NT_SUCCESS(status)) {
        answer.clear(); // a program of low integrity isn't even told which there are
    }
    return modules_in(answer, windows_folder());
}

// [PE Format] has code in sections that can be executed; a linker's names say no more than where they are.
char letter_of(const ImageName& name, NamesFrom from, const ImageFacts& facts) {
    if (from == NamesFrom::exports) {
        return 'E';
    }
    return facts.is_code(name.offset) ? 'T' : 'D';
}

NamesFrom append_names(DbgHelp& reader, std::string& text, const ImageWish& wish, const std::string& module,
                       Servers servers) {
    BinaryFile file(wish.file);
    const ImageFacts facts = read_image(file);
    const std::wstring image = std::filesystem::absolute(path_of(wish.file)).wstring();
    const std::string path = environment(L"_NT_SYMBOL_PATH");
    const std::wstring folders = std::filesystem::path(image).parent_path().wstring() + L";" +
                                 to_utf16(servers == Servers::yes ? path : local_part(path));
    const ImageNames found = reader.names_of(image, folders);
    for (const ImageName& one : found.names) {
        fmt::format_to(std::back_inserter(text), "{:016x} {} {}{}\n", wish.base + one.offset,
                       letter_of(one, found.from, facts), one.name,
                       module.empty() ? "" : fmt::format("\t[{}]", module));
    }
    return found.from;
}

std::string note_of(std::size_t all, std::size_t without_pdb) {
    if (without_pdb == 0) {
        return {};
    }
    return fmt::format(
        "For {} of {} no PDB was found: of these there is what they export (type E), or nothing. PDBs are looked for "
        "beside the image and by _NT_SYMBOL_PATH, on a server only for MODULE!NAME.",
        without_pdb, counted(all, "module"));
}

} // namespace

KernelSymbols windows_kernel_symbols(std::span<const std::string> modules) {
    const std::vector<LoadedModule> chosen = chosen_modules(loaded_modules(), modules);
    DbgHelp reader;
    KernelSymbols symbols{{}, "The kernel's list of modules", {}};
    std::size_t without_pdb = 0;
    for (const LoadedModule& module : chosen) {
        NamesFrom from = NamesFrom::nothing;
        try {
            from = append_names(reader, symbols.text, {module.file, module.base}, module.name,
                                modules.empty() ? Servers::no : Servers::yes);
        } catch (const Failure&) {
            if (!modules.empty()) {
                throw;
            }
            // What writes a crash dump, for one, is loaded under a name that no file has.
        }
        without_pdb += from == NamesFrom::pdb ? 0 : 1;
    }
    symbols.note = note_of(chosen.size(), without_pdb);
    return symbols;
}

ImageSymbols windows_image_symbols(const ImageWish& wish) {
    DbgHelp reader;
    ImageSymbols symbols;
    symbols.from_pdb =
        append_names(reader, symbols.text, wish, module_of_image(wish.file), Servers::yes) == NamesFrom::pdb;
    return symbols;
}

} // namespace nadir::tool
