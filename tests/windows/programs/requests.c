// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * Asks \\.\Nadir what no tool of ours would ask: wrong lengths, methods, functions, headers, processors. One line per case:
 *     NAME ERROR BUFFER
 * with Windows' error (0: it succeeded, and answered as many bytes as the request has), and whether the buffer is as it was
 * ("same") or not ("changed").
 */
#include "hosts/windows/ioctl.h"

#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static HANDLE open_device(DWORD access)
{
    return CreateFileW(NADIR_DEVICE_PATH, access, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
}

/* All requests fit, and there is room behind them. */
static unsigned char buffer[16384], before[sizeof(buffer)];

static void prepare(DWORD size)
{
    struct nadir_header *header = (struct nadir_header *)buffer;

    memset(buffer, 0xA5, sizeof(buffer));
    header->version = NADIR_CONTROL_VERSION;
    header->size = size;
    /* A processor that is there, where the request has one. */
    memset(header + 1, 0, sizeof(nadir_u32));
}

static void ask(HANDLE device, const char *name, DWORD code, DWORD in, DWORD out)
{
    DWORD answered = 0;
    DWORD error;

    memcpy(before, buffer, sizeof(buffer));
    error = DeviceIoControl(device, code, buffer, in, buffer, out, &answered, NULL) ? 0 : GetLastError();
    if (error == 0 && answered != out)
        printf("%s answered %lu bytes of %lu\n", name, answered, out);
    else
        printf("%s %lu %s\n", name, error, memcmp(before, buffer, sizeof(buffer)) ? "changed" : "same");
}

static void lengths(HANDLE device)
{
    const DWORD size = sizeof(struct nadir_state_request);
    const DWORD code = NADIR_IOCTL(NADIR_FUNCTION_STATE);
    static const struct {
        const char *name;
        int in, out; /* relative to what is right */
    } cases[] = {
        {"right", 0, 0},
        {"short-in", -1, 0},
        {"short-out", 0, -1},
        {"long-in", 1, 0},
        {"long-out", 0, 1},
        {"nothing-in", -(int)sizeof(struct nadir_state_request), 0},
        {"nothing-out", 0, -(int)sizeof(struct nadir_state_request)},
        {"nothing-at-all", -(int)sizeof(struct nadir_state_request), -(int)sizeof(struct nadir_state_request)},
        {"part-of-header", 4 - (int)sizeof(struct nadir_state_request), 4 - (int)sizeof(struct nadir_state_request)},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
        prepare(size);
        ask(device, cases[i].name, code, (DWORD)((int)size + cases[i].in), (DWORD)((int)size + cases[i].out));
    }
}

static void headers(HANDLE device)
{
    struct nadir_header *header = (struct nadir_header *)buffer;
    const DWORD size = sizeof(struct nadir_state_request);
    const DWORD code = NADIR_IOCTL(NADIR_FUNCTION_STATE);

    prepare(size - 8);
    ask(device, "header-size", code, size, size);
    prepare(size);
    header->version = NADIR_CONTROL_VERSION + 1;
    ask(device, "newer-version", code, size, size);
    prepare(size);
    header->version = 0;
    ask(device, "no-version", code, size, size);
    /* Also where the answer would be a report. */
    prepare(sizeof(struct nadir_off_request));
    header->version = NADIR_CONTROL_VERSION + 1;
    ask(device, "off-newer-version", NADIR_IOCTL(NADIR_FUNCTION_OFF), sizeof(struct nadir_off_request),
        sizeof(struct nadir_off_request));
}

static void codes(HANDLE device)
{
    const DWORD size = sizeof(struct nadir_state_request);
    const DWORD code = NADIR_IOCTL(NADIR_FUNCTION_STATE);
    static const struct {
        const char *name;
        DWORD flip; /* bits of the right code */
    } cases[] = {
        {"method-in-direct", 1},       {"method-out-direct", 2}, {"method-neither", 3},
        {"access-any", 3u << 14},      {"access-read", 2u << 14}, {"another-type", 1u << 16},
        {"microsofts-function", 0x800u << 2},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
        prepare(size);
        ask(device, cases[i].name, code ^ cases[i].flip, size, size);
    }
    prepare(size);
    ask(device, "function-0", NADIR_IOCTL(0u), size, size);
    prepare(size);
    ask(device, "function-100", NADIR_IOCTL(100u), size, size);
}

static void processors(HANDLE device)
{
    static const struct {
        const char *name;
        DWORD function, size;
    } cases[] = {
        {"statistics", NADIR_FUNCTION_STATISTICS, sizeof(struct nadir_statistics_request)},
        {"log", NADIR_FUNCTION_LOG, sizeof(struct nadir_log_request)},
        {"vmcs", NADIR_FUNCTION_VMCS, sizeof(struct nadir_vmcs_request)},
        {"recorder", NADIR_FUNCTION_RECORDER, sizeof(struct nadir_recorder_request)},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
        char name[64];

        prepare(cases[i].size);
        ask(device, cases[i].name, NADIR_IOCTL(cases[i].function), cases[i].size, cases[i].size);
        prepare(cases[i].size);
        *(nadir_u32 *)(buffer + sizeof(struct nadir_header)) = 100000;
        snprintf(name, sizeof(name), "%s-of-none", cases[i].name);
        ask(device, name, NADIR_IOCTL(cases[i].function), cases[i].size, cases[i].size);
    }
}

/* There are none while Nadir is off, and that is an answer; of a processor that isn't there nothing is. */
static void extensions(HANDLE device)
{
    const DWORD size = sizeof(struct nadir_extension_request);
    struct nadir_extension_request *request = (struct nadir_extension_request *)buffer;

    prepare(size);
    request->processor = 0;
    ask(device, "extension", NADIR_IOCTL(NADIR_FUNCTION_EXTENSION), size, size);
    printf("extension-found %u\n", request->found);
    prepare(size);
    request->processor = 100000;
    ask(device, "extension-of-none", NADIR_IOCTL(NADIR_FUNCTION_EXTENSION), size, size);
}

/* Nadir is off: it says so in the report, whatever was asked. */
static void rules(HANDLE device)
{
    const DWORD size = sizeof(struct nadir_rules_request);
    struct nadir_rules_request *request = (struct nadir_rules_request *)buffer;

    prepare(size);
    ask(device, "rules", NADIR_IOCTL(NADIR_FUNCTION_RULES), size, size);
    prepare(size);
    request->operation = NADIR_RULES_OPERATIONS;
    ask(device, "rules-no-operation", NADIR_IOCTL(NADIR_FUNCTION_RULES), size, size);
}

/* There can be no hooks, and no memory is looked at: each says why in its report, and does nothing. */
static void unavailable(HANDLE device)
{
    static const struct {
        const char *name;
        DWORD function, size;
    } cases[] = {
        {"hooks-set", NADIR_FUNCTION_HOOKS_SET, sizeof(struct nadir_hooks_set_request)},
        {"hooks-clear", NADIR_FUNCTION_HOOKS_CLEAR, sizeof(struct nadir_hooks_clear_request)},
        {"hooks-list", NADIR_FUNCTION_HOOKS_LIST, sizeof(struct nadir_hooks_list_request)},
        {"memory-read", NADIR_FUNCTION_MEMORY_READ, sizeof(struct nadir_memory_read_request)},
        {"memory-space", NADIR_FUNCTION_MEMORY_SPACE, sizeof(struct nadir_memory_space_request)},
        {"memory-ept", NADIR_FUNCTION_MEMORY_EPT, sizeof(struct nadir_memory_ept_request)},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
        prepare(cases[i].size);
        ask(device, cases[i].name, NADIR_IOCTL(cases[i].function), cases[i].size, cases[i].size);
    }
}

static void pointers(HANDLE device)
{
    const DWORD size = sizeof(struct nadir_state_request);
    DWORD answered;
    BOOL done;

    prepare(size);
    done = DeviceIoControl(device, NADIR_IOCTL(NADIR_FUNCTION_STATE), NULL, size, buffer, size, &answered, NULL);
    printf("null-in %s\n", done ? "answered" : "refused");
    prepare(size);
    done = DeviceIoControl(device, NADIR_IOCTL(NADIR_FUNCTION_STATE), buffer, size, (void *)16, size, &answered, NULL);
    printf("wild-out %s\n", done ? "answered" : "refused");
}

static void files(HANDLE device)
{
    DWORD moved;

    printf("read %lu\n", ReadFile(device, buffer, 16, &moved, NULL) ? 0 : GetLastError());
    printf("write %lu\n", WriteFile(device, buffer, 16, &moved, NULL) ? 0 : GetLastError());
}

static void opens(HANDLE device)
{
    const DWORD size = sizeof(struct nadir_state_request);
    HANDLE second = open_device(GENERIC_READ | GENERIC_WRITE);

    printf("second-open %s\n", second != INVALID_HANDLE_VALUE ? "yes" : "no");
    prepare(size);
    ask(second, "by-the-second", NADIR_IOCTL(NADIR_FUNCTION_STATE), size, size);
    CloseHandle(second);
    for (int i = 0; i < 50; ++i) {
        second = open_device(GENERIC_READ | GENERIC_WRITE);
        if (second == INVALID_HANDLE_VALUE) {
            printf("open-%d %lu\n", i, GetLastError());
            exit(1);
        }
        CloseHandle(second);
    }
    prepare(size);
    ask(device, "first-afterwards", NADIR_IOCTL(NADIR_FUNCTION_STATE), size, size);
}

int main(void)
{
    HANDLE device = open_device(GENERIC_READ | GENERIC_WRITE);

    if (device == INVALID_HANDLE_VALUE) {
        printf("open %lu\n", GetLastError());
        return 1;
    }
    lengths(device);
    headers(device);
    codes(device);
    processors(device);
    extensions(device);
    rules(device);
    unavailable(device);
    pointers(device);
    files(device);
    opens(device);
    return 0;
}
