// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/windows/console.h"

#include <cstdio>
#include <fcntl.h>
#include <io.h>

namespace nadir::tool {

namespace {

// The handler has no argument, and runs in a thread of its own.
HANDLE stop_requested = nullptr;

BOOL WINAPI request_stop(DWORD event) {
    if (event != CTRL_C_EVENT && event != CTRL_BREAK_EVENT) {
        return FALSE; // the console closes: there is no time for anything
    }
    SetEvent(stop_requested);
    return TRUE;
}

} // namespace

Console::Console() : code_page_before_(GetConsoleOutputCP()) {
    // A file that is redirected to is the same as on every other system, and a dump read from there is what it was.
    for (std::FILE* stream : {stdin, stdout, stderr}) {
        _setmode(_fileno(stream), _O_BINARY);
    }
    if (code_page_before_ != 0) {
        SetConsoleOutputCP(CP_UTF8); // it would stay for the programs after this one
    }
    stop_requested = CreateEventW(nullptr, TRUE, FALSE, nullptr);
    SetConsoleCtrlHandler(request_stop, TRUE);
}

Console::~Console() {
    SetConsoleCtrlHandler(request_stop, FALSE);
    if (code_page_before_ != 0) {
        SetConsoleOutputCP(code_page_before_);
    }
}

void Console::sleep(std::chrono::milliseconds time) const {
    WaitForSingleObject(stop_requested, static_cast<DWORD>(time.count()));
}

bool Console::interrupted() const { return WaitForSingleObject(stop_requested, 0) == WAIT_OBJECT_0; }

} // namespace nadir::tool
