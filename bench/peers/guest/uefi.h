// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * The little of UEFI that efi.c uses, in the specification's names. What isn't called is `unused`.
 * [UEFI 2.10 "EFI System Table", "Boot Services", "Loaded Image Protocol", "Device Path Protocol"]
 */
#pragma once

#include <stdint.h>

#define EFIAPI __attribute__((ms_abi))

typedef uint64_t EFI_STATUS;
typedef void* EFI_HANDLE;

#define EFI_SUCCESS 0
#define EFI_ERROR_NUMBER 0x7FFFFFFFFFFFFFFF /* without the bit that says that it is one */

typedef struct {
    uint32_t first;
    uint16_t second, third;
    uint8_t rest[8];
} EFI_GUID;

#define EFI_LOADED_IMAGE_PROTOCOL_GUID                                                                                 \
    {                                                                                                                  \
        0x5B1B31A1, 0x9562, 0x11D2, { 0x8E, 0x3F, 0x00, 0xA0, 0xC9, 0x69, 0x72, 0x3B }                                 \
    }
#define EFI_DEVICE_PATH_PROTOCOL_GUID                                                                                  \
    {                                                                                                                  \
        0x09576E91, 0x6D3F, 0x11D2, { 0x8E, 0x39, 0x00, 0xA0, 0xC9, 0x69, 0x72, 0x3B }                                 \
    }

typedef struct {
    uint64_t Signature;
    uint32_t Revision, HeaderSize, CRC32, Reserved;
} EFI_TABLE_HEADER;

typedef enum { AllocateAnyPages, AllocateMaxAddress, AllocateAddress } EFI_ALLOCATE_TYPE;
typedef enum { EfiLoaderData = 2 } EFI_MEMORY_TYPE;

typedef struct {
    EFI_TABLE_HEADER Hdr;
    void* unused1[2];
    EFI_STATUS(EFIAPI* AllocatePages)
    (EFI_ALLOCATE_TYPE type, EFI_MEMORY_TYPE memory, uint64_t pages, uint64_t* address);
    void* unused2[13];
    EFI_STATUS(EFIAPI* HandleProtocol)(EFI_HANDLE handle, const EFI_GUID* protocol, void** interface);
    void* unused3[5];
    EFI_STATUS(EFIAPI* LoadImage)
    (uint8_t boot, EFI_HANDLE parent, const void* path, const void* source, uint64_t size, EFI_HANDLE* image);
    EFI_STATUS(EFIAPI* StartImage)(EFI_HANDLE image, uint64_t* size, uint16_t** data);
} EFI_BOOT_SERVICES;

typedef struct {
    EFI_TABLE_HEADER Hdr;
    void* unused[8];
    EFI_BOOT_SERVICES* unused_runtime;
    EFI_BOOT_SERVICES* BootServices;
} EFI_SYSTEM_TABLE;

typedef struct {
    uint32_t Revision;
    EFI_HANDLE ParentHandle;
    EFI_SYSTEM_TABLE* SystemTable;
    EFI_HANDLE DeviceHandle;
} EFI_LOADED_IMAGE_PROTOCOL;

#define MEDIA_DEVICE_PATH 4
#define MEDIA_FILEPATH_DP 4
#define END_DEVICE_PATH_TYPE 0x7F
#define END_ENTIRE_DEVICE_PATH_SUBTYPE 0xFF

typedef struct {
    uint8_t Type, SubType, Length[2];
} EFI_DEVICE_PATH_PROTOCOL;
