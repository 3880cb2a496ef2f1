// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/linux/screen.h"

#include "tool/exit_status.h"

#include <clocale>
#include <cstdlib>
#include <cstring>
#include <fmt/format.h>
#include <langinfo.h>
#include <poll.h>
#include <string_view>
#include <sys/ioctl.h>
#include <unistd.h>
// Functions, no macros: names as clear, move and timeout are everybody's.
#define NCURSES_NOMACROS
#include <curses.h>

namespace nadir::tool {

namespace {

std::string_view terminal_name() {
    const char* name = std::getenv("TERM");
    return name != nullptr ? name : "";
}

bool can_only_print() { return isatty(STDOUT_FILENO) == 0 || terminal_name().empty() || terminal_name() == "dumb"; }

constexpr short pair_of(Style style) { return static_cast<short>(static_cast<int>(style) + 1); }

class CursesScreen final : public Screen {
public:
    CursesScreen() {
        std::setlocale(LC_CTYPE, "");
        utf8_ = std::strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
        // The simple initscr would end the program where it doesn't know the terminal.
        screen_ = newterm(nullptr, stdout, stdin);
        if (screen_ == nullptr) {
            throw Failure(
                ExitStatus::failed,
                fmt::format("nothing is known here about terminals of the kind \"{}\" (TERM)", terminal_name()),
                "`TERM=vt100 nadir top` works on most; `nadir stats --watch` on each.");
        }
        noecho();
        cbreak();
        curs_set(0);
        keypad(stdscr, true);
        nodelay(stdscr, true);
        set_escdelay(25); // the key Escape alone
        if (has_colors()) {
            start_color();
            use_default_colors();
            init_pair(pair_of(Style::title), COLOR_CYAN, -1);
            init_pair(pair_of(Style::good), COLOR_GREEN, -1);
            init_pair(pair_of(Style::bad), COLOR_RED, -1);
            init_pair(pair_of(Style::bar), COLOR_BLUE, -1);
            coloured_ = true;
        }
    }
    CursesScreen(const CursesScreen&) = delete;
    CursesScreen& operator=(const CursesScreen&) = delete;
    ~CursesScreen() override {
        endwin();
        delscreen(screen_);
    }

    TerminalSize size() override {
        return {static_cast<unsigned>(getmaxx(stdscr)), static_cast<unsigned>(getmaxy(stdscr))};
    }

    [[nodiscard]] bool utf8() const override { return utf8_; }

    void show(const Frame& frame) override {
        werase(stdscr);
        int row = 0;
        for (const Line& line : frame.lines) {
            wmove(stdscr, row++, 0);
            for (const Span& span : line) {
                wattrset(stdscr, static_cast<int>(attributes(span.style)));
                waddnstr(stdscr, span.text.c_str(), -1); // fails in the last place of the last line, which is drawn
            }
        }
        wrefresh(stdscr);
    }

    char wait(std::chrono::milliseconds time) override {
        pollfd input{no_more_keys_ ? -1 : STDIN_FILENO, POLLIN, 0};
        const bool ready = poll(&input, 1, static_cast<int>(time.count())) > 0; // a resize ends it, too
        const int key = wgetch(stdscr);
        if (key == ERR && ready) {
            no_more_keys_ = true; // the end of a file or pipe is always ready
        }
        switch (key) {
        case KEY_RESIZE: // what the terminal has made of its contents, nobody knows
            clearok(curscr, true);
            return '\0';
        case KEY_RIGHT:
        case KEY_DOWN: return 'c';
        default: return key > 0 && key < 0x80 ? static_cast<char>(key) : '\0';
        }
    }

private:
    [[nodiscard]] chtype attributes(Style style) const {
        chtype which = A_NORMAL;
        switch (style) {
        case Style::title:
        case Style::strong:
        case Style::bad: which = A_BOLD; break;
        case Style::heading: which = A_REVERSE; break;
        case Style::faint: which = A_DIM; break;
        default: break;
        }
        const bool has_pair =
            style == Style::title || style == Style::good || style == Style::bad || style == Style::bar;
        return coloured_ && has_pair ? which | static_cast<chtype>(COLOR_PAIR(pair_of(style))) : which;
    }

    SCREEN* screen_ = nullptr;
    bool utf8_ = false;
    bool coloured_ = false;
    bool no_more_keys_ = false;
};

} // namespace

std::unique_ptr<Screen> open_linux_screen() { return can_only_print() ? nullptr : std::make_unique<CursesScreen>(); }

std::optional<TerminalSize> linux_terminal() {
    winsize size{};
    if (can_only_print() || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) {
        return std::nullopt;
    }
    // A serial line knows no size.
    return size.ws_col > 1 && size.ws_row > 1 ? TerminalSize{size.ws_col, size.ws_row} : TerminalSize{};
}

} // namespace nadir::tool
