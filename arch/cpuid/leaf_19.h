// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// Leaf 19H: Key Locker.
// [SDM2 "CPUID—CPU Identification"]
#pragma once

#include "arch/register.h"

namespace nadir::arch::cpuid {

struct Leaf19Eax : Register<Leaf19Eax, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_BIT(cpl0_only, 0, "keys for CPL 0 only")
    NADIR_BIT(no_encrypt, 1, "keys that do not encrypt")
    NADIR_BIT(no_decrypt, 2, "keys that do not decrypt")
};

struct Leaf19Ebx : Register<Leaf19Ebx, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_BIT(aes_kl, 0, "AES Key Locker instructions are enabled")
    NADIR_BIT(wide_kl, 2, "wide Key Locker instructions")
    NADIR_BIT(backup_msrs, 4, "MSRs for key backup")
};

struct Leaf19Ecx : Register<Leaf19Ecx, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_BIT(no_backup, 0, "LOADIWKEY with NoBackup")
    NADIR_BIT(random_key, 1, "LOADIWKEY with a random key")
};

} // namespace nadir::arch::cpuid
