/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * A driver that does everything right, or, with MISTAKE defined as one of the words below, one thing wrong. Its mistakes show
 * that the test kernel's checks can fail.
 */
#include "kernel.h"

enum {
    nothing,
    irql_of_call,
    irql_kept,
    paged_at_dispatch,
    paged_raises,
    paged_interrupts_off,
    init_later,
    leak,
    wrong_tag,
    freed_twice,
    executable_pool,
    overrun,
    use_after_free,
    unlisted,
    affinity_kept,
    interrupts_kept,
    gs_selector,
    vector_register,
    low_address,
    stack_overflow,
    write_constant,
    selector_kept,
    gdt_limit
};

static DEVICE_OBJECT* device;
static const ULONG constant = 1;
static volatile ULONG sum;
static void (*volatile later)(void);

__attribute__((section("INIT"), noinline)) static void initialise(void) { DbgPrintEx(77, 3, "initialised\n"); }

__attribute__((section("PAGE"), noinline)) static ULONG paged(ULONG x) { return 3 * x + 1; }

__attribute__((section("PAGE"), noinline)) static void paged_raising(void) {
    set_irql(2);
    sum += paged(1);
    set_irql(0);
}

__attribute__((section("PAGE"), noinline)) static void paged_without_interrupts(void) {
    __asm__ volatile("cli; nop; sti" : : : "memory");
}

__attribute__((noinline)) static ULONG deep(volatile UCHAR* above, int levels) {
    volatile UCHAR here[2048];
    here[0] = above[0];
    return levels == 0 ? here[0] : deep(here, levels - 1) + here[0];
}

// The compiler knows which it is and leaves the others out, with what they import.
static inline void make_mistake(int mistake) {
    GROUP_AFFINITY first = {1, 0, {0, 0, 0}}, before;
    UCHAR* memory;
    switch (mistake) {
    case irql_of_call:
        set_irql(3);
        ExAllocatePoolWithTag(512, 16, TAG);
        break;
    case irql_kept: set_irql(2); break;
    case paged_at_dispatch:
        set_irql(2);
        sum += paged(1);
        set_irql(0);
        break;
    case paged_raises: paged_raising(); break;
    case paged_interrupts_off: paged_without_interrupts(); break;
    case init_later: later(); break;
    case leak: ExAllocatePoolWithTag(512, 100, TAG); break;
    case wrong_tag: ExFreePoolWithTag(ExAllocatePoolWithTag(512, 16, TAG), TAG + 1); break;
    case freed_twice:
        memory = ExAllocatePoolWithTag(512, 16, TAG);
        ExFreePoolWithTag(memory, TAG);
        ExFreePoolWithTag(memory, TAG);
        break;
    case executable_pool: ExFreePoolWithTag(ExAllocatePoolWithTag(0, 16, TAG), TAG); break;
    case use_after_free:
        memory = ExAllocatePoolWithTag(512, 16, TAG);
        ExFreePoolWithTag(memory, TAG);
        *(volatile UCHAR*)memory = 1;
        break;
    case overrun:
        memory = ExAllocatePoolWithTag(512, 20, TAG);
        memory[20] = 1;
        ExFreePoolWithTag(memory, TAG);
        break;
    case unlisted: NoSuchExport(); break;
    case affinity_kept: KeSetSystemGroupAffinityThread(&first, &before); break;
    case interrupts_kept: __asm__ volatile("cli"); break;
    case gs_selector: __asm__ volatile("mov %0, %%gs" : : "r"(0x2B)); break;
    case vector_register: __asm__ volatile("xorps %%xmm6, %%xmm6" : : :); break;
    case low_address: *(volatile UCHAR*)0x10000 = 1; break;
    case stack_overflow: sum += deep((volatile UCHAR*)&constant, 100); break;
    case write_constant: *(volatile ULONG*)&constant = 2; break;
    case selector_kept: __asm__ volatile("mov %0, %%es" : : "r"(0x18)); break;
    case gdt_limit: {
        struct __attribute__((packed)) {
            USHORT limit;
            ULONG64 base;
        } gdt;
        __asm__ volatile("sgdt %0" : "=m"(gdt));
        gdt.limit = 0xFFFF;
        __asm__ volatile("lgdt %0" : : "m"(gdt));
        break;
    }
    default: break;
    }
}

static void unload(DRIVER_OBJECT* driver) {
    (void)driver;
    sum += paged(2);
    IoDeleteDevice(device);
    make_mistake(MISTAKE);
}

__attribute__((section("INIT"))) NTSTATUS DriverEntry(DRIVER_OBJECT* driver, UNICODE_STRING* path) {
    static const USHORT text[] = {'\\', 'D', 'e', 'v', 'i', 'c', 'e', '\\', 'T', 'r', 'y'};
    static const UNICODE_STRING name = {sizeof text, sizeof text, text};
    (void)path;
    initialise();
    later = initialise;
    driver->DriverUnload = unload;
    DbgPrintEx(77, 3, "%s %u %d %x %llx %p\n", "text", paged(1), -2, 0x1Fu, 0x123456789ull, (PVOID)driver);
    return IoCreateDevice(driver, 0, &name, 0x22, 0x100, 0, &device);
}
