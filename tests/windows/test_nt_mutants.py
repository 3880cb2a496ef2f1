# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""nadir.sys broken on purpose, one rule at a time: the NT test kernel has to name it. So a check that passes for the driver as
it is shipped could have failed."""

from dataclasses import dataclass

import pytest

from nt.machine import boot, expect_ok, expect_violation

from .mutant import Change, mutant

SEAM, DEVICE, REQUESTS = "hosts/windows/seam.cpp", "hosts/windows/device.cpp", "hosts/windows/requests.cpp"
SESSION = "hosts/windows/session.cpp"
RUN_ON = "NADIR_ABI nadir_u32 nadir_host_run_on("
SHUT_DOWN = "    block(Hindrance::shutdown);\n"
ONCE_MORE = "    if (running) {\n        // What kept it"
COMPLETE = "    IoCompleteRequest(&irp, IO_NO_INCREMENT);\n"
PRINT = "void print_words(nadir_u32 level, std::string_view line, const char* words) {\n"


@dataclass
class Mutant:
    change: Change
    words: str  # of the kernel's command line
    violation: str
    exports: tuple[str, ...] = ()
    processors: int = 1
    more: tuple[Change, ...] = ()


MUTANTS = {
    "paged code with interrupts off": Mutant(
        Change(SEAM, RUN_ON, f'__attribute__((section("PAGE"), noinline)) {RUN_ON}'),
        "onoff rounds=1", r"paged: execution of pageable section PAGE with interrupts off"),
    "paged code at a raised level": Mutant(
        Change(DEVICE, SHUT_DOWN, 'asm volatile("mov %0, %%cr8" : : "r"(2ull));\n    open_or_close(nullptr, irp);\n'),
        "shutdown", r"paged: execution of pageable section PAGE at IRQL 2"),
    "a leak": Mutant(
        Change(SEAM, "    MmFreeContiguousMemory(memory);\n", ""),
        "onoff rounds=2", r"leak: after round 2 the driver holds"),
    "a selector after VMXOFF": Mutant(
        Change("cpu/return.S", "        movw    RETURN_ES(%rdi), %es\n", ""),
        "onoff rounds=1", r"state: .*ES isn't 2BH"),
    "the GDT's limit": Mutant(
        Change("core/leave.cpp", "r.gdtr = s.gdtr;", "r.gdtr = {0xFFFF, s.gdtr.base};"),
        "onoff rounds=1", r"state: .*GDTR has another limit"),
    "CR4 after a step that failed": Mutant(
        Change("core/enter.cpp", "    cpu::write_cr4(state_.cr4);\n", ""),
        "steps step=7", r"difference: after a step that failed"),
    "a request completed twice": Mutant(
        Change(REQUESTS, COMPLETE, COMPLETE + COMPLETE),
        "requests", r"irp: a request completed twice"),
    "a request after its end": Mutant(
        Change(REQUESTS, f"{COMPLETE}    return status;", f"{COMPLETE}    return irp.IoStatus.Status;"),
        "requests", r"access: read of .*, which is not mapped"),
    "a request that isn't completed": Mutant(
        Change(REQUESTS, COMPLETE, ""),
        "requests", r"irp: a dispatch routine returned .* and has not completed the request"),
    "an answer longer than its buffer": Mutant(
        Change(REQUESTS, "? function->size : 0;", "? function->size + 8 : 0;"),
        "requests", r"irp: a request completed with .* bytes of answer, where there is room for"),
    "an answer that isn't handed back": Mutant(
        Change(REQUESTS, "? function->size : 0;", "? 0 : 0;"),
        "requests", r"request: function 3 succeeded with 0 bytes"),
    "the first group only": Mutant(
        Change("hosts/windows/affinity.h", "        there.Group = place.Group;\n", "", source=SEAM),
        "onoff rounds=1 group=1", r"request: it can't be turned on", processors=2),
    # Not of the rules: that Windows doesn't move the thread, and so processor 1 can't be reached. An NMI would hit another.
    "a thread that isn't moved": Mutant(
        Change("hosts/windows/affinity.h", "KAFFINITY{1} << place.Number", "KAFFINITY{1}", source="hosts/windows/nmi.cpp"),
        "hang", r"request: processor 1 is in state 4", processors=2),
    "a processor that nobody takes in": Mutant(
        Change("hosts/windows/processors.cpp", "change->State == KeProcessorAddCompleteNotify", "change == nullptr"),
        "hotadd held=1", r"request: on, and yet active 1, 1 of 2 processors on", processors=2),
    "sleep that nobody sees": Mutant(
        Change("hosts/windows/power.cpp", "        block(Hindrance::sleep);\n", ""),
        "power rounds=1", r"request: off, and yet active 1"),
    "sleep that is told twice": Mutant(
        Change(SESSION, """    if (running) {
        // Until the system is back: it may say more than once that it goes, and the second time there is nothing on.
        start_again = true;
""", "    start_again = running;\n    if (running) {\n"),
        "power rounds=1", r"request: on, and yet active 0"),
    "a shutdown that became sleep": Mutant(
        Change(SESSION, "    block_of(Hindrance::shutdown).holds = false;\n", ""),
        "power rounds=1", r"request: on, and yet active 0"),
    "a wake that takes the unload back": Mutant(
        Change(SESSION, "    block_of(Hindrance::sleep).holds = false;\n",
               "    block_of(Hindrance::sleep).holds = block_of(Hindrance::unload).holds = false;\n"),
        "wake", r"leak: a wake while the driver is unloaded turns Nadir on"),
    "an unlisted import": Mutant(
        Change("hosts/windows/print.cpp", PRINT, 'extern "C" __declspec(dllimport) unsigned char KdRefreshDebuggerNotPresent();\n'
               f"{PRINT}    KdRefreshDebuggerNotPresent();\n"),
        "load", r"import: ntoskrnl.exe exports no KdRefreshDebuggerNotPresent", ("KdRefreshDebuggerNotPresent",)),
    "INIT after DriverEntry": Mutant(
        Change(DEVICE, "NADIR_PAGED_CODE void device_exit()", "NADIR_INIT_CODE void device_exit()"),
        "load", r"init: execution of .* in INIT, which was discarded"),
    "executable pool": Mutant(
        Change("hosts/windows/drain.cpp", "ExAllocatePoolWithTag(NonPagedPoolNx,", "ExAllocatePoolWithTag(POOL_TYPE{},"),
        "onoff rounds=1", r"pool: pool of type 0"),
    "executable memory": Mutant(
        Change(SEAM, "PAGE_READWRITE, MM_ANY_NODE_OK", "0x40, MM_ANY_NODE_OK"),
        "onoff rounds=1", r"pool: contiguous memory with protection 40"),
    "memory that isn't zeroed": Mutant(
        Change("core/cleared_memory.h", "        __builtin_memset(memory, 0, bytes);\n", "", source="core/start.cpp"),
        "onoff rounds=1", r"exception: exception 13"),
    "the level after a request": Mutant(
        Change(DEVICE, "NADIR_PAGED_CODE NTSTATUS control(DEVICE_OBJECT*, IRP* irp) { return answer_request(*irp); }",
               "NTSTATUS control(DEVICE_OBJECT*, IRP* irp) {\n    const NTSTATUS status = answer_request(*irp);\n"
               '    asm volatile("mov %0, %%cr8" : : "r"(2ull));\n    return status;\n}'),
        "requests", r"irql: a dispatch routine was called at IRQL 0 and returned at IRQL 2"),
    "interrupts after a request": Mutant(
        Change(DEVICE, "NADIR_PAGED_CODE NTSTATUS control(DEVICE_OBJECT*, IRP* irp) { return answer_request(*irp); }",
               "NTSTATUS control(DEVICE_OBJECT*, IRP* irp) {\n    const NTSTATUS status = answer_request(*irp);\n"
               '    asm volatile("cli");\n    return status;\n}'),
        "requests", r"state: a dispatch routine returned with interrupts off"),
    "affinity": Mutant(
        Change(DEVICE, "NADIR_PAGED_CODE NTSTATUS open_or_close(DEVICE_OBJECT*, IRP* irp) {\n",
               "NADIR_PAGED_CODE NTSTATUS open_or_close(DEVICE_OBJECT*, IRP* irp) {\n    GROUP_AFFINITY there{}, before{};\n"
               "    there.Mask = 1;\n    KeSetSystemGroupAffinityThread(&there, &before);\n"),
        "requests", r"affinity: a dispatch routine returned with another affinity"),
    "a mutex": Mutant(
        Change(SESSION, "void SessionLock::release() { KeReleaseMutex(&lock, FALSE); }",
               "void SessionLock::release() {}"),
        "requests", r"object: a dispatch routine returned with a mutex that it holds"),
    "a device for everybody": Mutant(
        Change("hosts/windows/security.cpp", "constinit SecurityDescriptor descriptor{};",
               "constinit SecurityDescriptor descriptor{\n"
               "    .list = {.administrators = {.who = {.sub_authority = {32, 545}}}}}; // Users"),
        "security", r"security: an ordinary user may open the device"),
    "a device without a DACL": Mutant(
        Change(DEVICE, "status = restrict_to_administrators(device);", "status = STATUS_SUCCESS;"),
        "load", r"security: a link to a device that has no DACL yet"),
    "unload while on": Mutant(
        Change("hosts/windows/driver.cpp", "    block(Hindrance::unload);\n", ""),
        "unload", r"leak: after DriverUnload",
        more=(Change(SESSION, ONCE_MORE, ONCE_MORE.replace("running", "false")),)),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_is_found(tmp_path, name):
    case = MUTANTS[name]
    driver = mutant(tmp_path, case.change, *case.more, exports=case.exports)
    expect_violation(boot(tmp_path, driver, f"test={case.words}", processors=case.processors), case.violation)


def test_unload_stops_what_is_still_on(tmp_path):
    # As if the first attempt had failed.
    driver = mutant(tmp_path, Change("hosts/windows/driver.cpp", "    block(Hindrance::unload);\n", ""))
    expect_ok(boot(tmp_path, driver, "test=unload", processors=2))


def test_a_stop_that_fails_is_told(tmp_path):
    # Windows refuses a callback, so `on` has to turn Nadir off again, and can't: that is the news, not the refusal.
    driver = mutant(tmp_path, Change("hosts/windows/machine.cpp", "= stop(stopped);",
                                     '= host_report(stopped, NADIR_PROCESSOR_LOST, {"it stays on"});'))
    run = expect_violation(boot(tmp_path, driver, "test=calls"), r"request: off, and yet active 1")
    assert [line for line in run.lines if line.startswith("on: ")][-1].endswith(": it stays on")
