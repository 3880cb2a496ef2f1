// SPDX-License-Identifier: MIT OR GPL-2.0-only
// [mdoc(7)]
#include "tool/pages/mdoc.h"
#include "tool/pages/writers.h"

#include <algorithm>
#include <cctype>
#include <fmt/format.h>
#include <regex>
#include <sstream>

namespace nadir::tool::pages {

namespace {

constexpr std::string_view overview =
    R"(Nadir puts a running system under a hypervisor, and takes it out again, without a reboot and without anybody beneath
or above having to be stopped. This command turns it on and off, and shows what happens. It also explains VMCSs, registers
and failed VM entries of other hypervisors, for which Nadir need not be there.)";

// The names of an option for a macro: Fl adds the first dash.
std::string flags(const Parameter& option, const std::string& between) {
    std::string made;
    for (const std::string& name : option.names) {
        made += (made.empty() ? "Fl " : between + "Fl ") + mdoc_argument(name.substr(1));
    }
    return made;
}

std::string value_of(const Parameter& parameter) {
    return parameter.value.empty() ? "" : " Ar " + mdoc_argument(parameter.value);
}

std::string synopsis(const Command& command) {
    std::string made = ".Nm " + mdoc_argument(joined({"nadir", joined(command.path, " ")}, " ")) + "\n";
    for (const Parameter& option : command.options) {
        made += fmt::format(".{}{}{}\n", option.required ? "" : "Op ", flags(option, " | "), value_of(option));
    }
    for (const Parameter& argument : command.arguments) {
        made += fmt::format(".{}Ar {}{}\n", argument.required ? "" : "Op ", mdoc_argument(argument.value),
                            argument.many ? " ..." : "");
    }
    return made;
}

std::string parameters(const Command& command) {
    if (command.options.empty() && command.arguments.empty()) {
        return "";
    }
    std::string made = ".Bl -tag -width Ds\n";
    for (const Parameter& argument : command.arguments) {
        made += fmt::format(".It Ar {}\n{}", mdoc_argument(argument.value), mdoc_paragraph(sentence(argument.text)));
    }
    for (const Parameter& option : command.options) {
        made +=
            fmt::format(".It {}{}\n{}", flags(option, " , "), value_of(option), mdoc_paragraph(sentence(option.text)));
    }
    return made + ".El\n";
}

// "VM exits, per processor. Needs no module": of one line, and it doesn't end in a dot.
std::string one_line(const std::string& text) {
    std::string line = mdoc_text(text);
    std::replace(line.begin(), line.end(), '\n', ' ');
    while (line.ends_with('.')) {
        line.pop_back();
    }
    return line;
}

// Whoever has the page installed has the documents there, and no sources.
std::string as_installed(const std::string& text) {
    static const std::regex document(R"(\bdocs/([a-z-]+\.md)\b)");
    return std::regex_replace(text, document, "/usr/share/doc/nadir/$1");
}

std::string footer_of(const Command& program, const Command& command) {
    if (command.footer.empty() || command.footer == program.footer) { // commands inherit it
        return "";
    }
    const std::string footer = as_installed(command.footer);
    return footer.find('\n') != std::string::npos ? mdoc_display(footer) : ".Pp\n" + mdoc_paragraph(footer);
}

std::string head(const Command& command, const std::string& date) {
    std::string title = page_name(command);
    std::transform(title.begin(), title.end(), title.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return fmt::format(
        ".\\\" SPDX-License-Identifier: MIT OR GPL-2.0-only\n.\\\" Made from the definitions of the commands.\n"
        ".Dd {}\n.Dt {} 1\n.Os Nadir {}\n.Sh NAME\n.Nm {}\n.Nd {}\n",
        date, mdoc_argument(title), NADIR_VERSION, mdoc_argument(page_name(command)), one_line(command.text));
}

std::string see_also(std::vector<const Command*> commands) {
    std::sort(commands.begin(), commands.end(),
              [](const Command* left, const Command* right) { return left->path < right->path; });
    std::string made = ".Sh SEE ALSO\n";
    for (std::size_t i = 0; i < commands.size(); ++i) {
        made += fmt::format(".Xr {} 1{}\n", page_name(*commands[i]), i + 1 < commands.size() ? " ," : "");
    }
    return made;
}

// The lines "  3  what it means", which may go on in lines that are indented more.
std::string exit_statuses(const std::string& footer) {
    std::istringstream lines(footer);
    std::string made = ".Bl -tag -width Ds\n";
    std::string text;
    for (std::string line; std::getline(lines, line);) {
        if (line.size() > 5 && std::isdigit(static_cast<unsigned char>(line[2])) != 0) {
            made += mdoc_paragraph(text) + fmt::format(".It {}\n", line[2]);
            text.clear();
        }
        // Before the first of them is a heading.
        text += made.find(".It") != std::string::npos && line.size() > 5 ? line.substr(4) : "";
    }
    return made + mdoc_paragraph(text) + ".El\n";
}

std::string program_page(const Command& program) {
    std::string made =
        ".Sh SYNOPSIS\n.Nm nadir\n.Ar command\n.Op Ar argument ...\n.Nm nadir\n.Fl \\&-help | Fl \\&-version\n";
    made += ".Sh DESCRIPTION\n" + mdoc_paragraph(overview) +
            ".Pp\nThe commands, each with a page of its own:\n.Bl -tag -width Ds\n";
    std::vector<const Command*> pages;
    for (const Command& command : program.commands) {
        made += fmt::format(".It Xr {} 1\n{}", page_name(command), mdoc_paragraph(sentence(command.text)));
        pages.push_back(&command);
    }
    made += ".El\n.Pp\n.Nm nadir Ar command Fl \\&-help\nprints the same as the page, shorter.\n";
    made += ".Sh FILES\n.Bl -tag -width Ds\n.It Pa /dev/nadir\nThe kernel module, asked by administrators only.\n"
            ".It Pa /lib/systemd/system/nadir.service\nTurns Nadir on when the system starts, once it is enabled; "
            "the word\n.Ql nadir=off\non the kernel's command line prevents it.\n.El\n";
    made += ".Sh EXIT STATUS\n" + exit_statuses(program.footer);
    return made + see_also(pages);
}

// Commands beneath a command are sections of its page.
std::string sub_commands(const Command& program, const Command& command) {
    std::string made;
    const std::vector<const Command*> all = flattened(command);
    for (auto each = all.begin() + 1; each != all.end(); ++each) {
        made += fmt::format(".Ss {}\n.Bd -ragged\n{}.Ed\n.Pp\n{}{}{}", mdoc_argument(joined((*each)->path, " ")),
                            synopsis(**each), mdoc_paragraph(sentence((*each)->text)), parameters(**each),
                            footer_of(program, **each));
    }
    return made;
}

} // namespace

std::string page_name(const Command& command) {
    return command.path.empty() ? "nadir" : "nadir-" + joined(command.path, "-");
}

std::string man_page(const Command& program, const Command& command, const std::string& date) {
    if (command.path.empty()) {
        return head(command, date) + program_page(command);
    }
    return head(command, date) + ".Sh SYNOPSIS\n" + synopsis(command) + ".Sh DESCRIPTION\n" +
           mdoc_paragraph(sentence(command.text)) + parameters(command) + footer_of(program, command) +
           sub_commands(program, command) +
           ".Sh EXIT STATUS\n0 where it worked; all the others are in\n.Xr nadir 1 .\n" + see_also({&program});
}

} // namespace nadir::tool::pages
