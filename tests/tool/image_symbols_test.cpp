// SPDX-License-Identifier: MIT OR GPL-2.0-only
// `nadir symbols --symbols IMAGE` and `PDB`: which files belong together, and what is said where they don't. Reading the names is
// the system's (tests/windows/test_wine_symbols.py).
#include "tests/tool/command_answer.h"
#include "tests/tool/image_files.h"
#include "tool/symbols/image_file.h"
#include "tool/symbols/pdb_file.h"

#include <gmock/gmock.h>

namespace nadir::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// Where its optional header has the place and the size of the debug directory.
constexpr std::size_t directory_of_example = 0x80 + 24 + 112 + 6 * 8;

class ImageSymbols : public testing::Test {
protected:
    ImageSymbols() {
        std::filesystem::create_directories(folder_);
        system.image_reader = [this](const tool::ImageWish& wish) {
            wishes.push_back(wish);
            return answer;
        };
    }
    ~ImageSymbols() override { std::filesystem::remove_all(folder_); }

    [[nodiscard]] std::string path(const std::string& name) const { return (folder_ / name).string(); }
    std::string write(const std::string& name, const std::string& content) {
        std::ofstream(path(name), std::ios::binary) << content;
        return path(name);
    }
    CommandAnswer symbols(const std::string& file, const std::vector<std::string>& more = {}) {
        std::vector<std::string> words = {"symbols", "--symbols", file};
        words.insert(words.end(), more.begin(), more.end());
        return run_command(system, words);
    }

    FakeSystem system;
    std::vector<tool::ImageWish> wishes;
    tool::ImageSymbols answer{"0000000140001000 T nadir::on\t[nadir]\n0000000140002000 D state\t[nadir]\n", true};

private:
    std::filesystem::path folder_ =
        std::filesystem::temp_directory_path() / ("nadir-image-test-" + std::to_string(::getpid()));
};

TEST_F(ImageSymbols, AreReadWhereTheImageWantsToBeOrIs) {
    const std::string image = write("a.sys", example_image(example_build(), "C:\\build\\a.pdb"));
    EXPECT_EQ(symbols(image, {"nadir!nadir::on"}).out, "0000000140001000 T nadir::on [nadir]\n");
    EXPECT_EQ(symbols(image, {"--at", "fffff80012340000"}).status, 0);
    ASSERT_EQ(wishes.size(), 2u);
    EXPECT_EQ(wishes[0].file, image);
    EXPECT_EQ(wishes[0].base, 0x140000000u);
    EXPECT_EQ(wishes[1].base, 0xfffff80012340000u);
    EXPECT_EQ(symbols(image, {"--at", "there"}).status, 2);
    EXPECT_EQ(run_command(system, {"symbols", "--at", "0x1000"}).status, 2) << "of which file?";
}

TEST_F(ImageSymbols, OfAPdbNeedItsImage) {
    const std::string pdb = write("a.pdb", example_pdb(example_build()));
    EXPECT_THAT(symbols(pdb).err, AllOf(HasSubstr("a.pdb is of {7BC52805-4B3E-B827-0102-030405060708}, age 3"),
                                        HasSubstr("image isn't beside it"), HasSubstr("one folder")));
    std::filesystem::copy_file(pdb, path("a.symbols")); // whatever it is called
    for (const std::string extension : {".dll", ".exe", ".sys"}) {
        const std::string image = write("a" + extension, example_image(example_build(), "a.pdb"));
        for (const std::string& file : {pdb, path("a.symbols")}) {
            EXPECT_THAT(symbols(file).out, HasSubstr("nadir::on"));
            EXPECT_EQ(wishes.back().file, image);
        }
    }
    std::string without = example_image(example_build(), "a.pdb");
    put<std::uint32_t>(without, directory_of_example + 4, 0);
    write("a.sys", without);
    EXPECT_THAT(symbols(pdb).err, AllOf(HasSubstr("a.sys beside"), HasSubstr("names no PDB")));
}

TEST_F(ImageSymbols, OfAnotherBuildAreRefused) {
    answer = {"0000000140072290 E EntryPoint\n", false};
    tool::BuildId other = example_build();
    other.guid[15] = 9;
    for (const tool::BuildId& id : {other, example_build(4)}) {
        const std::string image = write("a.sys", example_image(id, "out/a.pdb"));
        const std::string pdb = write("a.pdb", example_pdb(example_build()));
        for (const std::string& file : {image, pdb}) {
            const CommandAnswer refused = symbols(file);
            EXPECT_EQ(refused.status, 1);
            EXPECT_THAT(refused.err,
                        AllOf(HasSubstr("a.pdb belongs to another build than"), HasSubstr("wants " + words_of(id)),
                              HasSubstr("PDB is of " + words_of(example_build())), HasSubstr("one build made")));
        }
    }
}

TEST_F(ImageSymbols, OfAnotherPdbThanTheGivenOneAreRefused) {
    // The image's own PDB lies elsewhere, and is found.
    ASSERT_TRUE(answer.from_pdb);
    tool::BuildId other = example_build();
    other.guid[15] = 9;
    for (const tool::BuildId& id : {other, example_build(4)}) {
        write("a.sys", example_image(id, "out/a.pdb"));
        const CommandAnswer refused = symbols(write("a.pdb", example_pdb(example_build())));
        EXPECT_EQ(refused.status, 1);
        EXPECT_THAT(refused.err, HasSubstr("a.pdb belongs to another build than"));
        EXPECT_TRUE(wishes.empty());
    }
}

TEST_F(ImageSymbols, WithoutAPdbAreWhatTheImageExports) {
    answer = {"0000000140001000 E exported\n", false};
    const std::string image = write("a.sys", example_image(example_build(), "C:\\build\\a.pdb"));
    EXPECT_EQ(symbols(image, {"exported"}).out, "0000000140001000 E exported\n");
    EXPECT_THAT(symbols(image, {"exportet"}).err,
                AllOf(HasSubstr("Did you mean \"exported\"?\n"), HasSubstr("put its PDB, a.pdb, beside it"),
                      HasSubstr("_NT_SYMBOL_PATH")));
    answer.text.clear();
    EXPECT_THAT(symbols(image).err, AllOf(HasSubstr("has no names"), HasSubstr("put its PDB, a.pdb, beside it")));
    EXPECT_EQ(symbols(image).status, 1);
}

TEST_F(ImageSymbols, SayWhyThereAreExportsOnly) {
    const std::string image = write("a.sys", example_image(example_build(), "a.pdb"));
    const auto advice = [&] { return symbols(image, {"missing"}).err; };
    EXPECT_THAT(advice(), Not(HasSubstr("exports"))) << "they are a PDB's";
    answer = {"0000000140001000 E exported\n", false};
    write("a.pdb", example_pdb(example_build()));
    EXPECT_THAT(advice(), AllOf(HasSubstr("a.pdb belongs to"), HasSubstr("may be damaged")));
    std::string without = example_image(example_build(), "a.pdb");
    put<std::uint32_t>(without, directory_of_example + 4, 0);
    write("a.sys", without);
    EXPECT_THAT(advice(), HasSubstr("since its linker named no PDB"));
}

TEST_F(ImageSymbols, RefuseWhatIsNeither) {
    EXPECT_THAT(symbols(write("a.PDB", "0000000140001000 T text\n")).err, HasSubstr("a.PDB is no PDB"));
    EXPECT_THAT(symbols(write("a.sys", "MZ and nothing else")).err, HasSubstr("a.sys is damaged"));
    std::string small = example_image(example_build(), "a.pdb");
    put<std::uint16_t>(small, 0x84, 0x14c);
    EXPECT_THAT(symbols(write("a.sys", small)).err, HasSubstr("no image (.sys, .exe, .dll) of 64-bit Windows"));
    EXPECT_THAT(symbols(write("map", "0000000140001000 T text\n"), {"--at", "0x1000"}).err, HasSubstr("needs no --at"));
    EXPECT_TRUE(wishes.empty());
}

TEST_F(ImageSymbols, CantBeReadByOtherSystems) {
    system.image_reader = nullptr;
    const CommandAnswer refused = symbols(write("a.sys", example_image(example_build(), "a.pdb")));
    EXPECT_EQ(refused.status, 1);
    EXPECT_THAT(refused.err,
                AllOf(HasSubstr("is of Windows"), HasSubstr("prints lines that --symbols FILE takes here")));
}

// However a file is cut short, and whatever a byte of it becomes, that is said and nothing else happens.
TEST_F(ImageSymbols, SurviveDamage) {
    const auto read = [](tool::BinaryFile& file) {
        if (tool::is_image(file)) {
            (void)tool::read_image(file);
        } else {
            (void)tool::read_pdb_id(file);
        }
    };
    std::size_t refused = 0;
    for (const std::string& whole : {example_image(example_build(), "a.pdb"), example_pdb(example_build())}) {
        for (std::size_t i = 0; i < whole.size(); i += whole[i] == 0 ? 7 : 1) {
            std::string changed = whole;
            changed[i] = static_cast<char>(~changed[i]);
            for (const std::string& content : {whole.substr(0, i), changed}) {
                tool::BinaryFile file(write("damaged", content));
                try {
                    read(file);
                } catch (const tool::Failure& failure) {
                    ++refused;
                    EXPECT_THAT(failure.what(), HasSubstr("damaged"));
                }
            }
        }
    }
    EXPECT_GT(refused, 100u);
}

std::string pdb_of(const std::string& image) {
    const TemporaryFile content(image);
    tool::BinaryFile file(content.path());
    const std::optional<tool::PdbReference> pdb = tool::read_image(file).pdb;
    return pdb ? pdb->name : "none";
}

TEST(ImageFile, KnowsCodeFromData) {
    const TemporaryFile content(example_image(example_build(), "a.pdb"));
    tool::BinaryFile file(content.path());
    const tool::ImageFacts facts = tool::read_image(file);
    EXPECT_TRUE(facts.is_code(0x1000) && facts.is_code(0x1fff));
    EXPECT_FALSE(facts.is_code(0xfff) || facts.is_code(0x2000) || facts.is_code(0x4000));
    EXPECT_EQ(facts.size, 0x3000u);
    ASSERT_TRUE(facts.pdb.has_value());
    EXPECT_EQ(facts.pdb->id, example_build());
    EXPECT_EQ(facts.pdb->name, "a.pdb");
}

TEST(ImageFile, NamesThePdbThatItsDebugDirectoryHasFirst) {
    std::string image = example_image(example_build(), "a.pdb");
    put<std::uint32_t>(image, directory_of_example, 0x2100);
    put<std::uint32_t>(image, directory_of_example + 4, 3 * 28);
    std::string other = example_image(example_build(9), "b.pdb");
    put_text(image, 0x580, std::string_view(other).substr(0x440)); // what an entry refers to
    constexpr std::array<std::array<std::uint32_t, 2>, 3> entries = {{{13, 0x440}, {2, 0x440}, {2, 0x580}}};
    for (std::size_t i = 0; i < entries.size(); ++i) {
        put(image, 0x500 + i * 28 + 12, entries[i][0]);
        put<std::uint32_t>(image, 0x500 + i * 28 + 16, 24 + 6);
        put(image, 0x500 + i * 28 + 24, entries[i][1]);
    }
    EXPECT_EQ(pdb_of(image), "a.pdb");
    put<std::uint32_t>(image, 0x500 + 28 + 12, 13);
    EXPECT_EQ(pdb_of(image), "b.pdb");
}

TEST(ImageFile, MayNameNoPdb) {
    std::string nameless = example_image(example_build(), "a.pdb");
    put<std::uint32_t>(nameless, 0x410 + 16, 24);
    EXPECT_EQ(pdb_of(nameless), "none");
    std::string short_table = example_image(example_build(), "a.pdb");
    put<std::uint32_t>(short_table, directory_of_example - 6 * 8 - 4, 6); // how many directories there are
    EXPECT_EQ(pdb_of(short_table), "none");
}

class PdbFile : public testing::Test {
protected:
    // A word of the directory, which begins in block 6.
    void set(std::size_t word, std::uint32_t value) { put(content, 6 * block + word * 4, value); }
    [[nodiscard]] std::string read() const {
        const TemporaryFile pdb(content);
        try {
            tool::BinaryFile file(pdb.path());
            return words_of(tool::read_pdb_id(file));
        } catch (const tool::Failure& failure) {
            return failure.what();
        }
    }
    static constexpr std::size_t block = 512;
    std::string content = example_pdb(example_build());
};

// A stripped one may have no stream of debug information; its own age then has to do.
TEST_F(PdbFile, MayHaveOneAgeOnly) {
    for (const std::uint32_t size : {~0u, 11u}) {
        set(4, size);
        EXPECT_EQ(read(), words_of(example_build(4))) << size;
    }
}

TEST_F(PdbFile, MayHaveStreamsThatFillTheirBlocksAndALongDirectory) {
    set(1, 2 * block); // of the first stream, which comes before
    EXPECT_EQ(read(), words_of(example_build()));
    set(1, 131 * block);
    put<std::uint32_t>(content, 3 * block + 4, 7); // the directory's second block
    constexpr std::size_t first_word = block / 4;
    put<std::uint32_t>(content, 7 * block + (5 + 131 - first_word) * 4, 5);
    put<std::uint32_t>(content, 7 * block + (5 + 132 - first_word) * 4, 4);
    EXPECT_EQ(read(), words_of(example_build()));
}

TEST_F(PdbFile, SaysWhatIsDamaged) {
    set(0, 1); // streams in all
    EXPECT_THAT(read(), HasSubstr("doesn't say of which build it is"));
    for (const std::uint32_t bytes : {1000u, 256u, 1u << 17, 0u}) {
        put(content, 32, bytes);
        EXPECT_THAT(read(), HasSubstr("blocks of " + std::to_string(bytes) + " bytes"));
    }
}

} // namespace
} // namespace nadir::test
