// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/symbols/elf_file.h"

#include <bit>
#include <fmt/format.h>
#include <type_traits>

namespace nadir::tool {

namespace {

static_assert(std::endian::native == std::endian::little);

// [System V ABI, "Object Files"; AMD64 supplement]. No header of the system's has these everywhere.
struct FileHeader {
    unsigned char identification[16] = {0x7F, 'E', 'L', 'F', 2 /* 64 bits */, 1 /* little endian */, 1 /* version */};
    std::uint16_t type = 2;     // ET_EXEC: at the addresses that it says
    std::uint16_t machine = 62; // EM_X86_64
    std::uint32_t version = 1;
    std::uint64_t entry = 0;
    std::uint64_t program_headers = 0;
    std::uint64_t section_headers = 0;
    std::uint32_t flags = 0;
    std::uint16_t header_size = 64;
    std::uint16_t program_header_size = 0;
    std::uint16_t program_header_count = 0;
    std::uint16_t section_header_size = 64;
    std::uint16_t section_header_count = 0;
    std::uint16_t section_of_names = 0;
};
static_assert(sizeof(FileHeader) == 64);

enum class SectionType : std::uint32_t { none = 0, symbols = 2, strings = 3, nobits = 8 };
enum SectionFlags : std::uint64_t { writable = 1, allocated = 2, executable = 4 };

struct SectionHeader {
    std::uint32_t name = 0;
    SectionType type = SectionType::none;
    std::uint64_t flags = 0;
    std::uint64_t address = 0;
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    std::uint32_t link = 0;
    std::uint32_t information = 0;
    std::uint64_t alignment = 1;
    std::uint64_t entry_size = 0;
};
static_assert(sizeof(SectionHeader) == 64);

struct SymbolEntry {
    std::uint32_t name = 0;
    std::uint8_t information = 0;
    std::uint8_t other = 0;
    std::uint16_t section = 0;
    std::uint64_t value = 0;
    std::uint64_t size = 0;
};
static_assert(sizeof(SymbolEntry) == 24);

enum class SymbolType : std::uint8_t { none = 0, object = 1, function = 2 };
enum class Binding : std::uint8_t { local = 0, global = 1 };
constexpr std::uint16_t absolute = 0xFFF1; // the index of a section that isn't one

// Below, the kernel has no code or data: these are numbers, as offsets into each processor's own data.
constexpr std::uint64_t first_address = 0xFFFF'8000'0000'0000;
constexpr std::uint64_t page = 4096;
// Between symbols that belong together; a module's and the kernel's are farther apart.
constexpr std::uint64_t farthest = 1u << 20;

template <class T>
void append(std::string& bytes, const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    bytes.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

// A name at a time, each behind the one before.
class Names {
public:
    std::uint32_t add(std::string_view name) {
        const auto at = static_cast<std::uint32_t>(text_.size());
        text_.append(name).push_back('\0');
        return at;
    }
    [[nodiscard]] const std::string& text() const { return text_; }

private:
    std::string text_ = std::string(1, '\0');
};

bool is_code(const Symbol& symbol) { return std::string_view("tTwW").find(symbol.type) != std::string_view::npos; }
bool is_global(const Symbol& symbol) { return symbol.type >= 'A' && symbol.type <= 'Z'; }

// Where the memory of `symbol` ends: at the next one, unless that has nothing to do with it.
std::uint64_t end_of(const Symbol& symbol, std::uint64_t next) {
    return next - symbol.address <= farthest ? next : (symbol.address / page + 1) * page;
}

class Writer {
public:
    explicit Writer(const Symbols& symbols) : all_(symbols.all()) {
        sections_.emplace_back();
        append(entries_, SymbolEntry{});
    }

    std::string write() {
        // The format wants those that are local first.
        place_in_sections();
        for (const bool global : {false, true}) {
            locals_ = global ? entries_.size() / sizeof(SymbolEntry) : 0;
            for (std::size_t i = 0; i < all_.size(); ++i) {
                if (is_global(all_[i]) == global) {
                    add_entry(i);
                }
            }
        }
        return file();
    }

private:
    // The address of the first symbol behind that is elsewhere.
    [[nodiscard]] std::uint64_t next_address(std::size_t i) const {
        return i < next_.size() ? next_[i] : ~std::uint64_t{0};
    }

    void place_in_sections() {
        next_.resize(all_.size());
        std::uint64_t next = ~std::uint64_t{0};
        for (std::size_t i = all_.size(); i-- > 0;) {
            next_[i] = next;
            if (i > 0 && all_[i - 1].address != all_[i].address) {
                next = all_[i].address;
            }
        }
        for (std::size_t i = 0; i < all_.size(); ++i) {
            section_of_.push_back(all_[i].address < first_address ? absolute : section_for(i));
        }
    }

    std::uint16_t section_for(std::size_t i) {
        const Symbol& symbol = all_[i];
        const std::uint64_t flags = allocated | (is_code(symbol) ? executable : writable);
        SectionHeader& last = sections_.back();
        const bool continues = i > 0 && sections_.size() > 1 && last.flags == flags &&
                               all_[i - 1].module == symbol.module && last.address + last.size >= symbol.address;
        if (!continues) {
            const std::string name = fmt::format("{}{}{}", is_code(symbol) ? ".text" : ".data",
                                                 symbol.module.empty() ? "" : ".", symbol.module);
            sections_.push_back({.name = section_names_.add(name),
                                 .type = SectionType::nobits,
                                 .flags = flags,
                                 .address = symbol.address});
        }
        SectionHeader& section = sections_.back();
        section.size = end_of(symbol, next_address(i)) - section.address;
        return static_cast<std::uint16_t>(sections_.size() - 1);
    }

    void add_entry(std::size_t i) {
        const Symbol& symbol = all_[i];
        const bool in_section = section_of_[i] != absolute;
        const SymbolType type = !in_section       ? SymbolType::none
                                : is_code(symbol) ? SymbolType::function
                                                  : SymbolType::object;
        const Binding binding = is_global(symbol) ? Binding::global : Binding::local;
        append(entries_, SymbolEntry{.name = symbol_names_.add(symbol.name),
                                     .information = static_cast<std::uint8_t>(static_cast<unsigned>(binding) << 4 |
                                                                              static_cast<unsigned>(type)),
                                     .section = section_of_[i],
                                     .value = symbol.address,
                                     .size = in_section ? end_of(symbol, next_address(i)) - symbol.address : 0});
    }

    std::string file() {
        std::string contents;
        const auto add = [&](SectionHeader header, std::string_view name, const std::string& bytes) {
            header.name = section_names_.add(name);
            header.offset = sizeof(FileHeader) + contents.size();
            header.size = bytes.size();
            contents += bytes;
            sections_.push_back(header);
        };
        const auto strings = static_cast<std::uint32_t>(sections_.size());
        add({.type = SectionType::strings}, ".strtab", symbol_names_.text());
        contents.resize((contents.size() + 7) / 8 * 8);
        add({.type = SectionType::symbols,
             .link = strings,
             .information = static_cast<std::uint32_t>(locals_),
             .alignment = 8,
             .entry_size = sizeof(SymbolEntry)},
            ".symtab", entries_);
        Names with_itself = section_names_;
        with_itself.add(".shstrtab");
        add({.type = SectionType::strings}, ".shstrtab", with_itself.text());
        contents.resize((contents.size() + 7) / 8 * 8);

        FileHeader header;
        header.section_headers = sizeof(FileHeader) + contents.size();
        header.section_header_count = static_cast<std::uint16_t>(sections_.size());
        header.section_of_names = static_cast<std::uint16_t>(sections_.size() - 1);
        std::string bytes;
        append(bytes, header);
        bytes += contents;
        for (const SectionHeader& section : sections_) {
            append(bytes, section);
        }
        return bytes;
    }

    std::span<const Symbol> all_;
    std::vector<std::uint64_t> next_; // by number of the symbol
    std::vector<std::uint16_t> section_of_;
    std::vector<SectionHeader> sections_;
    Names section_names_;
    Names symbol_names_;
    std::string entries_;
    std::size_t locals_ = 0;
};

} // namespace

std::string elf_file(const Symbols& symbols) { return Writer(symbols).write(); }

} // namespace nadir::tool
