// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What the compiler's checks need: the security cookie (/GS), control flow guard, and the load configuration that tells the
// system about both. The system's loader sets the cookie and the two pointers where it knows how; what stands here serves
// where it doesn't.
#include "hosts/windows/guard.h"

#include "hosts/windows/instructions.h"
#include "hosts/windows/load_config.h"
#include "hosts/windows/sections.h"

namespace {

// What the loader takes for "not set yet".
constexpr uint64_t default_cookie = 0x00002B99'2DDFA232;
constexpr ULONG driver_overran_stack_buffer = 0xF7; // DRIVER_OVERRAN_STACK_BUFFER

} // namespace

extern "C" {

// NOLINTBEGIN(bugprone-reserved-identifier): the compiler's names, and the linker's
uint64_t __security_cookie = default_cookie;

// The compiler calls it with the cookie as the frame gives it back.
__attribute__((no_stack_protector)) void __security_check_cookie(uint64_t cookie) {
    if (cookie != __security_cookie) {
        KeBugCheckEx(driver_overran_stack_buffer, cookie, __security_cookie, ~__security_cookie, 0);
    }
}

// Until the system puts its own in their place: a call goes where it wants to (RAX).
void nadir_guard_check();
void nadir_guard_dispatch();

__attribute__((section(".00cfg"))) void (*const volatile __guard_check_icall_fptr)() = nadir_guard_check;
__attribute__((section(".00cfg"))) void (*const volatile __guard_dispatch_icall_fptr)() = nadir_guard_dispatch;

// Where the functions are listed whose address is taken.
extern const char __guard_fids_table[];
extern const char __guard_fids_count[];
extern const char __guard_flags[];
extern const char __guard_iat_table[];
extern const char __guard_iat_count[];

// By this name the linker finds it.
extern const nadir::windows::LoadConfig _load_config_used;
constinit const nadir::windows::LoadConfig _load_config_used = {
    .security_cookie = &__security_cookie,
    .guard_check = &__guard_check_icall_fptr,
    .guard_dispatch = &__guard_dispatch_icall_fptr,
    .guard_functions = __guard_fids_table,
    .guard_function_count = __guard_fids_count,
    .guard_flags = __guard_flags,
    .address_taken_imports = __guard_iat_table,
    .address_taken_import_count = __guard_iat_count,
};
// NOLINTEND(bugprone-reserved-identifier)

// The image's entry. Its own frame can't be guarded by a cookie that it changes.
NADIR_INIT_CODE __attribute__((no_stack_protector)) NTSTATUS DriverEntry(DRIVER_OBJECT* driver, UNICODE_STRING*) {
    if (__security_cookie == default_cookie) {
        // As Windows' own: the two upper bytes stay zero, so that a string's end can't carry it.
        const uint64_t cookie = (nadir::windows::read_tsc() ^ reinterpret_cast<uint64_t>(&driver)) & 0xFFFF'FFFF'FFFF;
        __security_cookie = cookie == default_cookie ? cookie + 1 : cookie;
    }
    return nadir::windows::load(*driver);
}
}
