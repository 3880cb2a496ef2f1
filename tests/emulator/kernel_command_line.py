# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Command lines for Debian's kernel in the emulator.

QUICK leaves out what costs emulated time and has nothing to do with us, and avoids what Bochs 2.7 gets wrong. DEFAULTS
keeps everything that a user's machine has on (address randomisation, page-table isolation, mitigations) and only
corrects the emulated clock; boot it through GRUB, for KASLR is the decompressor's work.
"""

from .bochs import INSTRUCTIONS_PER_SECOND

CONSOLE = "console=ttyS0,115200"

# CPUID announces a TSC of 3.5 GHz or so, but an emulated second has only so many instructions. Without this, a delay of
# a millisecond lasts a third of a second. Loops per jiffy (HZ=250) follow from the same number.
CLOCK = (f"tsc=reliable tsc_early_khz={INSTRUCTIONS_PER_SECOND // 1000} lpj={INSTRUCTIONS_PER_SECOND // 250} "
         "no_timer_check")

# With MWAIT as the idle instruction, Bochs loses wake-ups (it takes MONITOR's physical address for a linear one).
# It announces FSRM without ERMS on its newest models, which the kernel's memmove doesn't survive. RDRAND and RDSEED are
# seeded from the host's time of day, so runs wouldn't repeat.
QUIRKS = "idle=halt clearcpuid=fsrm,rdrand,rdseed"

SAVINGS = (
    "nokaslr mitigations=off quiet loglevel=1 cryptomgr.notests=1 noreplace-smp init_on_alloc=0 lsm= audit=0 "
    "nowatchdog rcupdate.rcu_expedited=1 "
    "initcall_blacklist=load_system_certificate_list,init_kprobe_trace,ftrace_check_for_weak_functions,"
    "tracer_init_tracefs,cubictcp_register,bpf_rstat_kfunc_init,kfunc_init,bpf_prog_test_run_init,"
    "bpf_tcp_ca_kfunc_init,bpf_key_sig_kfuncs_init,bpf_kfunc_init,bpf_fs_kfuncs_init"
)

QUICK = f"{CONSOLE} {CLOCK} {QUIRKS} {SAVINGS}"
DEFAULTS = f"{CONSOLE} {CLOCK} {QUIRKS} cryptomgr.notests=1"
