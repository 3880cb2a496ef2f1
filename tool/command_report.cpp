// SPDX-License-Identifier: MIT OR GPL-2.0-only
// `nadir report`: what a bug report needs, or a page to look at (docs/look.md).
#include "tool/bug_report/bug_report.h"
#include "tool/commands.h"
#include "tool/files.h"
#include "tool/page/page.h"
#include "tool/print_to.h"
#include "tool/trace/event_filter.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace nadir::tool {

namespace {

void finish(std::ofstream& file, const std::string& name, const std::string& text) {
    file << text;
    file.close();
    if (!file) {
        throw Failure(ExitStatus::usage, fmt::format("{}: {}", name, std::strerror(errno)),
                      "Give a file that can be written.");
    }
}

void write_file(const std::string& name, const std::string& text) {
    errno = 0;
    std::ofstream file(path_of(name), std::ios::binary | std::ios::trunc);
    finish(file, name, text);
}

// Before anything is waited for; and what is in it stays until there is something better.
void require_writable(const std::string& name) {
    std::error_code nothing;
    const bool was_there = std::filesystem::exists(path_of(name), nothing);
    errno = 0;
    std::ofstream file(path_of(name), std::ios::binary | std::ios::app);
    finish(file, name, "");
    if (!was_there) {
        std::filesystem::remove(path_of(name), nothing);
    }
}

} // namespace

ExitStatus command_report(System& system, const ReportOptions& options, std::ostream& out) {
    if (!options.html.empty()) {
        if (!options.events.empty()) {
            EventWishes wishes;
            wishes.events = options.events;
            (void)event_filter(wishes); // wrong words are said before the time has passed
        }
        require_writable(options.html); // and so is this
        std::ostringstream text;
        write_page(collect_page(system, {options.seconds, options.events, options.with_private, options.symbols}),
                   text);
        write_file(options.html, text.str());
        print_to(out, "A page of {} bytes written to {}\n", text.str().size(), options.html);
        return ExitStatus::success;
    }
    if (options.output.empty()) {
        write_bug_report(system, options.with_private, options.symbols, out);
        return ExitStatus::success;
    }
    std::ostringstream text;
    write_bug_report(system, options.with_private, options.symbols, text);
    write_file(options.output, text.str());
    print_to(out, "A report of {} bytes written to {}. Please read it before you give it away.\n", text.str().size(),
             options.output);
    return ExitStatus::success;
}

} // namespace nadir::tool
