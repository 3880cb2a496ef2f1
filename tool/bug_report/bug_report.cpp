// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/bug_report/bug_report.h"

#include "tool/commands.h"
#include "tool/print_to.h"

#include <functional>
#include <sstream>

namespace nadir::tool {

namespace {

// What numbers that look like addresses are.
enum class Numbers { may_be_addresses, are_capabilities };

// The parts of a report. A part that can't be had is no reason to have no report: it says why.
class Report {
public:
    Report(std::ostream& out, const Scrubber* scrubber) : out_(out), scrubber_(scrubber) {}

    void part(std::string_view title, Numbers numbers, const std::function<void(std::ostream&)>& write) {
        std::ostringstream text;
        try {
            write(text);
        } catch (const Failure& failure) {
            print_to(text, "(Not here: {}{}{})\n", failure.what(), failure.advice().empty() ? "" : " ",
                     failure.advice());
        }
        print_to(out_, "\n=== {} ===\n{}", title, scrubbed(text.str(), numbers));
    }

private:
    [[nodiscard]] std::string scrubbed(const std::string& text, Numbers numbers) const {
        if (scrubber_ == nullptr) {
            return text;
        }
        if (numbers == Numbers::are_capabilities) {
            return scrubber_->without_names(text);
        }
        // In a dump the capabilities stand below the fields.
        const std::size_t end = std::min(text.find("\n# The processor's capabilities"), text.size());
        return scrubber_->without_addresses(text.substr(0, end)) + scrubber_->without_names(text.substr(end));
    }

    std::ostream& out_;
    const Scrubber* scrubber_;
};

void print_versions(System& system, const MachineNotes& notes, bool with_private, std::ostream& out) {
    print_to(out, "{:<20}{} (control version {})\n", "nadir:", NADIR_VERSION, NADIR_CONTROL_VERSION);
    print_to(out, "{:<20}{}\n", "processors online:", system.online_processors().size());
    for (const auto& [name, value] : notes.facts) {
        print_to(out, "{:<20}{}\n", name + ":", value);
    }
    if (with_private) {
        for (const auto& [name, value] : notes.private_facts) {
            print_to(out, "{:<20}{}\n", name + ":", value);
        }
    }
}

void print_messages(const MachineNotes& notes, std::ostream& out) {
    for (const std::string& message : notes.messages) {
        print_to(out, "{}\n", message);
    }
    if (notes.messages.empty()) {
        print_to(out, "({})\n", notes.no_messages.empty() ? "None of Nadir's." : notes.no_messages);
    }
}

constexpr std::string_view about_scrubbed =
    "Names of the machine and its users, addresses of networks, and where the kernel and programs lie were taken out:\n"
    "kernel code is at the addresses that it has without randomisation, from 0xffffffff81000000; nadir.ko from\n"
    "0xffffffffc0000000; of other addresses only the kind and the offset within a page are left. docs/look.md lists\n"
    "what is in a report. Please read it before you give it away.\n";

constexpr std::string_view about_private =
    "PRIVATE: this report was made by --private. It names the machine, and tells where its kernel lies.\n";

} // namespace

void write_bug_report(System& system, bool with_private, const std::string& symbols, std::ostream& out) {
    const MachineNotes notes = system.notes();
    const Scrubber scrubber(notes.kernel, notes.names);
    out << bug_report_heading << "\n" << (with_private ? about_private : about_scrubbed);
    Report report(out, with_private ? nullptr : &scrubber);
    constexpr Numbers addresses = Numbers::may_be_addresses;
    report.part("Versions", addresses, [&](std::ostream& text) { print_versions(system, notes, with_private, text); });
    report.part("Status", addresses, [&](std::ostream& text) { (void)command_status(system, {}, text); });
    report.part("VM exits", addresses, [&](std::ostream& text) { (void)command_stats(system, {}, text); });
    report.part("Rules", addresses, [&](std::ostream& text) { (void)command_set(system, {}, text); });
    report.part("Hooks", addresses, [&](std::ostream& text) {
        HookOptions options;
        options.list = true;
        options.symbols = symbols;
        (void)command_hook(system, options, text);
    });
    report.part("Log", addresses, [&](std::ostream& text) { (void)command_log(system, {}, text); });
    report.part("Kernel messages", addresses, [&](std::ostream& text) { print_messages(notes, text); });
    report.part("The last VM exits", addresses, [&](std::ostream& text) { (void)command_recorder(system, {}, text); });
    report.part("The last VM entry that failed", addresses, [&](std::ostream& text) {
        DumpOptions options;
        options.failed = true;
        (void)command_dump(system, options, text);
    });
    report.part("Capabilities", Numbers::are_capabilities,
                [&](std::ostream& text) { (void)command_caps(system, {}, text); });
    report.part("Capabilities as JSON", Numbers::are_capabilities, [&](std::ostream& text) {
        CapsOptions options;
        options.json = true;
        (void)command_caps(system, options, text);
    });
    print_to(out, "\n=== End ===\n");
}

} // namespace nadir::tool
