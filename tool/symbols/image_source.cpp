// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/symbols/image_source.h"

#include "tool/exit_status.h"
#include "tool/files.h"
#include "tool/symbols/image_file.h"
#include "tool/symbols/pdb_file.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fmt/format.h>

namespace nadir::tool {

namespace {

std::string lower(std::string_view text) {
    std::string answer(text);
    std::ranges::transform(answer, answer.begin(), [](unsigned char letter) { return std::tolower(letter); });
    return answer;
}

// Images name files of the machine that linked them, with that machine's separators.
std::string_view base_name(std::string_view file) {
    const std::size_t end = file.find_last_of("/\\");
    return end == std::string_view::npos ? file : file.substr(end + 1);
}

std::string beside(const std::string& file, std::string_view name) {
    return std::string(file.substr(0, file.size() - base_name(file).size())) + std::string(name);
}

std::string_view stem_of(std::string_view file) {
    const std::string_view name = base_name(file);
    return name.substr(0, name.rfind('.'));
}

bool exists(const std::string& file) {
    std::error_code error;
    return std::filesystem::is_regular_file(path_of(file), error);
}

[[noreturn]] void refuse_other_build(const std::string& pdb, const BuildId& has, const std::string& image,
                                     const BuildId& wants) {
    throw Failure(ExitStatus::failed,
                  fmt::format("{} belongs to another build than {}: the image wants {}, and the PDB is of {}.", pdb,
                              image, words_of(wants), words_of(has)),
                  "Take the two files that one build made.");
}

// The names weren't found in a PDB, and the image has only what it exports: is the PDB there, and what is wrong with it?
void expect_no_wrong_pdb(const std::string& image, const PdbReference& reference) {
    const std::string pdb = beside(image, base_name(reference.name));
    if (!exists(pdb)) {
        return;
    }
    BinaryFile file(pdb);
    if (const BuildId id = read_pdb_id(file); id != reference.id) {
        refuse_other_build(pdb, id, image, reference.id);
    }
    throw Failure(ExitStatus::failed,
                  fmt::format("{} belongs to {}, but it can't be read: it may be damaged.", pdb, image),
                  "Copy or build it once more.");
}

std::string note_without_pdb(const std::string& image, const std::optional<PdbReference>& reference) {
    if (!reference) {
        return fmt::format("Of {} there is only what it exports (type E), since its linker named no PDB.", image);
    }
    return fmt::format(
        "Of {} there is only what it exports (type E): put its PDB, {}, beside it, or its folder into _NT_SYMBOL_PATH.",
        image, base_name(reference->name));
}

// Whoever has the PDB only knows no addresses of sections: the image has those.
std::string image_of(const std::string& pdb, const BuildId& id) {
    for (const std::string_view extension : {".sys", ".exe", ".dll"}) {
        std::string image = beside(pdb, std::string(stem_of(pdb)) + std::string(extension));
        if (!exists(image)) {
            continue;
        }
        BinaryFile file(image);
        const ImageFacts facts = read_image(file);
        if (!facts.pdb) {
            throw Failure(ExitStatus::failed, fmt::format("{} beside {} names no PDB.", image, pdb));
        }
        if (facts.pdb->id != id) {
            refuse_other_build(pdb, id, image, facts.pdb->id);
        }
        return image;
    }
    throw Failure(ExitStatus::failed,
                  fmt::format("{} is of {}, and its image isn't beside it (the same name with .sys, .exe or .dll).",
                              pdb, words_of(id)),
                  "Put the two into one folder, or give the image where it has another name.");
}

} // namespace

bool is_image_or_pdb(const std::string& file) {
    if (lower(file).ends_with(".pdb")) {
        return true;
    }
    if (!exists(file)) { // a pipe can be read only once
        return false;
    }
    BinaryFile binary(file);
    return is_image(binary) || is_pdb(binary);
}

Symbols read_image_symbols(System& system, const std::string& file, std::optional<std::uint64_t> at) {
    BinaryFile given(file);
    const std::string image = is_image(given) ? file : image_of(file, read_pdb_id(given));
    BinaryFile binary(image);
    const ImageFacts facts = read_image(binary);
    ImageSymbols symbols = system.image_symbols({image, at.value_or(facts.base)});
    if (!symbols.from_pdb && facts.pdb) {
        expect_no_wrong_pdb(image, *facts.pdb);
    }
    std::string note = symbols.from_pdb ? std::string{} : note_without_pdb(image, facts.pdb);
    if (symbols.text.empty()) {
        throw Failure(ExitStatus::failed, fmt::format("{} has no names.", image), note);
    }
    return {std::move(symbols.text), image, std::move(note)};
}

std::string module_of_image(std::string_view file) {
    const std::string stem = lower(stem_of(file));
    return stem == "ntoskrnl" || stem == "ntkrnlmp" ? std::string{} : stem;
}

ImageSymbols System::image_symbols(const ImageWish& wish) {
    throw Failure(
        ExitStatus::failed, fmt::format("{} is of Windows, and its names can be read there only.", wish.file),
        fmt::format("`nadir symbols --symbols {}` on Windows prints lines that --symbols FILE takes here, too.",
                    wish.file));
}

} // namespace nadir::tool
