// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// [SDM3 "Machine-Check Architecture"]
#pragma once

#include "arch/register.h"

namespace nadir::arch {

struct McgCap : Register<McgCap, std::uint64_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint8_t, banks, 7, 0, "number of banks")
    NADIR_BIT(ctl, 8, "IA32_MCG_CTL exists")
    NADIR_BIT(ext, 9, "extended state registers exist")
    NADIR_BIT(cmci, 10, "corrected errors can interrupt")
    NADIR_BIT(tes, 11, "threshold-based error status")
    NADIR_FIELD(std::uint8_t, ext_count, 23, 16, "number of extended state registers")
    NADIR_BIT(software_recovery, 24, "software error recovery")
    NADIR_BIT(elog, 26, "extended error log")
    NADIR_BIT(lmce, 27, "local machine check")
};

struct McgStatus : Register<McgStatus, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_BIT(restart_ip_valid, 0, "the program can be restarted at the pushed address")
    NADIR_BIT(error_ip_valid, 1, "the pushed address has to do with the error")
    NADIR_BIT(in_progress, 2, "a machine check is being handled; another one shuts down")
    NADIR_BIT(lmce, 3, "only this logical processor got it")
};

struct McStatus : Register<McStatus, std::uint64_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint16_t, mca_error_code, 15, 0, "error code")
    NADIR_FIELD(std::uint16_t, model_error_code, 31, 16, "model-specific error code")
    NADIR_FIELD(std::uint16_t, corrected_count, 52, 38, "number of corrected errors")
    NADIR_BIT(action_required, 55, "recovery is required")
    NADIR_BIT(signaled, 56, "a machine-check exception was signaled")
    NADIR_BIT(context_corrupt, 57, "the processor's context may be corrupted")
    NADIR_BIT(address_valid, 58, "the address register is valid")
    NADIR_BIT(misc_valid, 59, "the further-information register is valid")
    NADIR_BIT(enabled, 60, "the error was enabled")
    NADIR_BIT(uncorrected, 61, "the error was not corrected")
    NADIR_BIT(overflow, 62, "another error was lost")
    NADIR_BIT(valid, 63, "the bank holds an error")
};

struct McgExtCtl : Register<McgExtCtl, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_BIT(lmce_enable, 0, "local machine checks")
};

} // namespace nadir::arch
