// SPDX-License-Identifier: MIT OR GPL-2.0-only
#pragma once

namespace nadir::nt {

// The emulator's debugger stops here when asked to, as a witness of who is in VMX operation; elsewhere it does nothing.
inline void magic_break() { asm volatile("xchgw %bx, %bx"); }

} // namespace nadir::nt
