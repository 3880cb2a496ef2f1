// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The whole command line, run on a machine that isn't there.
#pragma once

#include "tests/tool/fake_system.h"
#include "tool/commands.h"
#include "tool/json.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <unistd.h>
#include <vector>

namespace nadir::test {

struct CommandAnswer {
    int status = 0;
    std::string out;
    std::string err;

    [[nodiscard]] nlohmann::json json() const { return nlohmann::json::parse(out); }
};

inline CommandAnswer run_command(FakeSystem& system, const std::vector<std::string>& words) {
    std::vector<const char*> argv = {"nadir"};
    for (const std::string& word : words) {
        argv.push_back(word.c_str());
    }
    std::ostringstream out;
    std::ostringstream err;
    const int status = tool::run(system, static_cast<int>(argv.size()), argv.data(), out, err);
    return {status, out.str(), err.str()};
}

inline CommandAnswer run_command(const std::vector<std::string>& words) {
    FakeSystem system;
    return run_command(system, words);
}

// A file that goes away with the test.
class TemporaryFile {
public:
    explicit TemporaryFile(const std::string& text) {
        static unsigned number = 0;
        path_ = std::filesystem::temp_directory_path() /
                ("nadir-test-" + std::to_string(::getpid()) + "-" + std::to_string(++number));
        std::ofstream(path_, std::ios::binary) << text;
    }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
    ~TemporaryFile() { std::filesystem::remove(path_); }

    [[nodiscard]] std::string path() const { return path_.string(); }
    [[nodiscard]] std::string text() const {
        std::ifstream stream(path_, std::ios::binary);
        return {std::istreambuf_iterator<char>(stream), {}};
    }

private:
    std::filesystem::path path_;
};

inline std::string sample_dump(const std::string& name) { return std::string(NADIR_TEST_DUMPS) + "/" + name; }

inline std::string sample_text(const std::string& name) {
    std::ifstream stream(sample_dump(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

} // namespace nadir::test
