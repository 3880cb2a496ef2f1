// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The commands: each takes the system and its options, writes to a stream and says how to exit.
#pragma once

#include "control/control.h"
#include "tool/exit_status.h"
#include "tool/system.h"
#include "tool/trace/event_filter.h"

#include <chrono>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

namespace nadir::tool {

struct OnOptions {
    nadir_level log_level = NADIR_LEVEL_INFO;
    nadir_u32 com1 = 0;
    nadir_u32 fail_step = NADIR_STEP_NONE;
    nadir_u32 fail_processor = NADIR_ANY_PROCESSOR;
    nadir_u32 fail_field = 0; // encoding
    nadir_u64 fail_value = 0;
    nadir_u32 gdb_port = 0;
    bool record_every_exit = false;
    std::optional<nadir_u32> hook_pages; // none: what is usual on this system
    bool json = false;
};
ExitStatus command_on(System& system, const OnOptions& options, std::ostream& out);

struct GdbOptions {
    std::string port = "com2";
    std::optional<nadir_u32> hook_pages; // as for `on`
    bool force = false;                  // whoever uses the port
    bool json = false;
};
// Turns Nadir on with its debugger.
ExitStatus command_gdb(System& system, const GdbOptions& options, std::ostream& out);

struct OffOptions {
    bool json = false;
};
ExitStatus command_off(System& system, const OffOptions& options, std::ostream& out);

struct StatusOptions {
    bool json = false;
};
ExitStatus command_status(System& system, const StatusOptions& options, std::ostream& out);

struct StatsOptions {
    std::optional<nadir_u32> processor;
    std::optional<std::chrono::milliseconds> watch; // rates, again and again after so long
    std::optional<std::uint64_t> count;             // of them, then it ends
    bool json = false;
};
ExitStatus command_stats(System& system, const StatsOptions& options, std::ostream& out);

struct TopOptions {
    std::chrono::milliseconds interval{1000};
    std::optional<std::uint64_t> count; // of rates, then it ends
    std::string symbols;                // a file with names of hooked places; empty: the running kernel's
};
ExitStatus command_top(System& system, const TopOptions& options, std::ostream& out);

struct ReportOptions {
    std::string output;        // empty: to `out`
    bool with_private = false; // names and addresses of this machine, too
    std::string html;          // a page into this file instead
    std::chrono::milliseconds seconds{10'000};
    std::vector<std::string> events; // on the page's timeline
    std::string symbols;             // a file with names of hooked places; empty: the running kernel's
};
ExitStatus command_report(System& system, const ReportOptions& options, std::ostream& out);

struct LogOptions {
    std::optional<nadir_u32> processor;
    nadir_level level = NADIR_LEVEL_DEBUG;
    bool follow = false;
    bool ticks = false;
    bool json = false;
};
ExitStatus command_log(System& system, const LogOptions& options, std::ostream& out);

struct RecorderOptions {
    std::optional<nadir_u32> processor;
    std::optional<std::size_t> last; // exits per processor
    std::string image;               // a file; empty: the running Nadir, or its last run
    bool json = false;
};
ExitStatus command_recorder(System& system, const RecorderOptions& options, std::ostream& out);

struct ExtensionsOptions {
    bool json = false;
};
ExitStatus command_extensions(System& system, const ExtensionsOptions& options, std::ostream& out);

struct SetOptions {
    std::vector<std::string> words; // none: list the rules
    bool json = false;
};
ExitStatus command_set(System& system, const SetOptions& options, std::ostream& out);

struct MemoryReadOptions {
    std::string range; // ADDRESS[+SIZE]
    bool physical = false;
    std::optional<nadir_u32> process;
    bool hex = false; // of these four at most one
    bool disassemble = false;
    std::string raw; // into this file; "-": standard output
    bool json = false;
};
ExitStatus command_memory_read(System& system, const MemoryReadOptions& options, std::ostream& out);

struct MemoryTranslateOptions {
    std::string address;
    bool physical = false;
    std::optional<nadir_u32> process;
    std::optional<nadir_u32> processor; // whose EPT
    bool json = false;
};
ExitStatus command_memory_translate(System& system, const MemoryTranslateOptions& options, std::ostream& out);

struct TraceOptions {
    EventWishes wishes;
    std::optional<std::string> where;
    std::optional<nadir_u32> processor;
    std::optional<std::uint64_t> count; // ends after so many
    std::string perfetto;               // this file instead of text
    bool json = false;
};
ExitStatus command_trace(System& system, const TraceOptions& options, std::ostream& out);

struct HookOptions {
    std::vector<std::string> places; // SYMBOL, SYMBOL+OFFSET, ADDRESS
    std::string redirect;            // go on there instead; empty: the instruction is executed
    std::string call;                // an extension decides; its name or number
    std::optional<std::uint64_t> count;
    std::string symbols; // a file; empty: the running kernel's
    bool quiet = false;  // count only
    bool keep = false;   // leave them set, and end
    bool list = false;
    bool clear = false;
    bool json = false;
};
ExitStatus command_hook(System& system, const HookOptions& options, std::ostream& out);

struct SymbolsOptions {
    std::vector<std::string> wishes; // names, patterns, addresses; none: all symbols
    std::string file;                // empty: the running kernel's
    std::optional<std::uint64_t> at; // where the file's image is loaded; none: where it wants to be
    std::string elf;                 // this file instead, with all of them
    bool json = false;
};
ExitStatus command_symbols(System& system, const SymbolsOptions& options, std::ostream& out);

struct CapsOptions {
    std::string from; // a file of `caps --json`; empty: this machine
    bool json = false;
};
ExitStatus command_caps(System& system, const CapsOptions& options, std::ostream& out);

struct DecodeOptions {
    std::string name;
    std::vector<std::string> values; // none: the layout
    bool hexadecimal = false;        // digits only are so
    bool decimal = false;
    bool all = false; // flags that are 0, too
    bool json = false;
};
ExitStatus command_decode(const DecodeOptions& given, std::ostream& out);

struct ListOptions {
    std::vector<std::string> words;
    std::string kind; // empty: all
    bool json = false;
};
ExitStatus command_list(const ListOptions& options, std::ostream& out);

struct ExplainOptions {
    std::string file; // "-": standard input
    std::string format;
    unsigned number = 1; // which of several dumps in it
    std::string caps;    // a file of `caps --json`
    std::string model;
    bool list_models = false;
    bool verbose = false;
    std::string error; // in place of a dump
    std::string instruction;
    bool json = false;
};
ExitStatus command_explain(const ExplainOptions& options, std::ostream& out);

struct DumpOptions {
    std::optional<nadir_u32> processor;
    bool failed = false;
    std::string output; // empty: to `out`
    bool json = false;
};
ExitStatus command_dump(System& system, const DumpOptions& options, std::ostream& out);

struct DiffOptions {
    std::string left;
    std::string right;
    std::string format;
    bool json = false;
};
ExitStatus command_diff(const DiffOptions& options, std::ostream& out);

// The whole command line; returns what main returns.
int run(System& system, int argc, const char* const* argv, std::ostream& out, std::ostream& err);

} // namespace nadir::tool
