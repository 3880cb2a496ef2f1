// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * A UEFI application: measures on the bare processor, starts the hypervisor's image \peer\image.efi if it is there, measures
 * again, and ends the emulated machine. It prints on COM1 itself: firmware's console is slow, and may be the peer's.
 */
#include "emulator.h"
#include "measure.h"
#include "print.h"
#include "uefi.h"

#define CPUID_1_ECX_XSAVE (1u << 26)
#define CR4_OSXSAVE (1ull << 18)
#define IA32_FEATURE_CONTROL 0x3A
#define FEATURE_CONTROL_LOCK 1u
#define FEATURE_CONTROL_VMX 4u /* outside SMX operation */

/* EFI_SYSTEM_TABLE's pointers of the console are among what we don't use. [UEFI 2.10 "EFI_SYSTEM_TABLE"] */
_Static_assert(__builtin_offsetof(EFI_SYSTEM_TABLE, BootServices) == 96, "EFI_SYSTEM_TABLE");
_Static_assert(__builtin_offsetof(EFI_BOOT_SERVICES, HandleProtocol) == 152, "EFI_BOOT_SERVICES");
_Static_assert(__builtin_offsetof(EFI_BOOT_SERVICES, StartImage) == 208, "EFI_BOOT_SERVICES");

static void say(const char* text) {
    const struct peers_environment environment = {.put = emulator_put};

    peers_print(&environment, text);
}

static void say_number(const char* what, uint64_t number) {
    const struct peers_environment environment = {.put = emulator_put};

    peers_print(&environment, what);
    peers_print_number(&environment, number);
    peers_print(&environment, "\n");
}

static uint64_t ticks(void) {
    uint32_t low, high;

    asm volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

/* As firmware does on real machines; this one doesn't, and there are hypervisors that only look. */
static void allow_vmx(void) {
    uint32_t low, high;

    asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(IA32_FEATURE_CONTROL));
    if (!(low & FEATURE_CONTROL_LOCK))
        asm volatile("wrmsr"
                     :
                     : "c"(IA32_FEATURE_CONTROL), "a"(low | FEATURE_CONTROL_LOCK | FEATURE_CONTROL_VMX), "d"(high));
}

/* As systems do: a hypervisor that takes over CR4 as it finds it takes over a system's. */
static void allow_xsave(void) {
    uint32_t a = 1, c = 0;
    uint64_t cr4;

    asm volatile("cpuid" : "+a"(a), "+c"(c) : : "rbx", "rdx", "memory");
    asm volatile("mov %%cr4, %0" : "=r"(cr4));
    if (c & CPUID_1_ECX_XSAVE)
        asm volatile("mov %0, %%cr4" : : "r"(cr4 | CR4_OSXSAVE));
}

struct path {
    uint8_t bytes[1024];
};

/* The device's own path, and the file's name on it. Returns 0 where that is too long. */
static int make_path(struct path* path, const EFI_DEVICE_PATH_PROTOCOL* device, const uint16_t* name, unsigned size) {
    const uint8_t* from = (const uint8_t*)device;
    unsigned used = 0;

    while (device->Type != END_DEVICE_PATH_TYPE) {
        const unsigned length = device->Length[0] | (unsigned)device->Length[1] << 8;

        if (used + length + size + 8 > sizeof(path->bytes))
            return 0;
        for (unsigned i = 0; i < length; i++)
            path->bytes[used++] = *from++;
        device = (const EFI_DEVICE_PATH_PROTOCOL*)from;
    }
    const uint8_t file[] = {MEDIA_DEVICE_PATH, MEDIA_FILEPATH_DP, (uint8_t)(size + 4), 0};
    const uint8_t end[] = {END_DEVICE_PATH_TYPE, END_ENTIRE_DEVICE_PATH_SUBTYPE, 4, 0};

    for (unsigned i = 0; i < sizeof(file); i++)
        path->bytes[used++] = file[i];
    for (unsigned i = 0; i < size; i++)
        path->bytes[used++] = ((const uint8_t*)name)[i];
    for (unsigned i = 0; i < sizeof(end); i++)
        path->bytes[used++] = end[i];
    return 1;
}

static void start_peer(EFI_HANDLE self, EFI_BOOT_SERVICES* services) {
    static const uint16_t name[] = L"\\peer\\image.efi";
    static const EFI_GUID loaded_image = EFI_LOADED_IMAGE_PROTOCOL_GUID;
    static const EFI_GUID device_path = EFI_DEVICE_PATH_PROTOCOL_GUID;
    static struct path path;
    EFI_LOADED_IMAGE_PROTOCOL* own;
    EFI_DEVICE_PATH_PROTOCOL* device;
    EFI_HANDLE image;

    if (services->HandleProtocol(self, &loaded_image, (void**)&own) != EFI_SUCCESS ||
        services->HandleProtocol(own->DeviceHandle, &device_path, (void**)&device) != EFI_SUCCESS ||
        !make_path(&path, device, name, sizeof(name))) {
        say("@@ peers trouble: the disk has no device path\n");
        return;
    }
    const EFI_STATUS loaded = services->LoadImage(0, self, &path, 0, 0, &image);

    if (loaded != EFI_SUCCESS) {
        say_number("@@ peers trouble: LoadImage returned error ", loaded & EFI_ERROR_NUMBER);
        return;
    }
    say("@@ peers starting\n");
    const uint64_t begin = ticks();
    const EFI_STATUS status = services->StartImage(image, 0, 0);
    const uint64_t end = ticks();

    say_number("@@ peers started ", status & EFI_ERROR_NUMBER);
    say_number("@@ peers start_ticks ", end - begin);
}

EFI_STATUS EFIAPI efi_main(EFI_HANDLE self, EFI_SYSTEM_TABLE* system);

EFI_STATUS EFIAPI efi_main(EFI_HANDLE self, EFI_SYSTEM_TABLE* system) {
    uint64_t trap_page = PEERS_TRAP_PAGE;
    struct peers_environment environment = {
        .put = emulator_put, .apic = (volatile uint32_t*)0xFEE00000u, .wrap_first = PEERS_WRAP_FIRST};

    emulator_start();
    allow_vmx();
    allow_xsave();
    environment.trap_page =
        system->BootServices->AllocatePages(AllocateAddress, EfiLoaderData, 1, &trap_page) == EFI_SUCCESS;
    peers_measure(&environment);
    start_peer(self, system->BootServices);
    environment.virtualised = 1;
    peers_measure(&environment);
    emulator_end();
}
