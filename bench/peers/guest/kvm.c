// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * kvm GUEST: runs a small ELF file in a virtual machine of KVM's, in 64-bit mode, with the processor that KVM offers and an
 * interrupt controller in the kernel, and prints what it writes to PEERS_PORT_PRINT.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kvm_ports.h"
#include "measure.h"

#define MEMORY (4u << 20)
#define PAGE 4096u
#define TABLES 0x1000u /* PML4, PDPT and four page directories: 4 GiB, identity-mapped */
#define GDT 0x7000u
#define STACK (2u << 20)
#define CODE 8
#define DATA 16

static void* checked(void* pointer, const char* what) {
    if (pointer == MAP_FAILED) {
        printf("peers: %s: %s\n", what, strerror(errno));
        exit(1);
    }
    return pointer;
}

static int call(int file, unsigned long request, void* argument, const char* what) {
    const int result = ioctl(file, request, argument);

    if (result < 0) {
        printf("peers: %s: %s\n", what, strerror(errno));
        exit(1);
    }
    return result;
}

static uint8_t* give_memory(int machine, uint32_t slot, uint64_t address, size_t size) {
    uint8_t* memory =
        checked(mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0), "memory");
    struct kvm_userspace_memory_region region = {
        .slot = slot, .guest_phys_addr = address, .memory_size = size, .userspace_addr = (uintptr_t)memory};

    call(machine, KVM_SET_USER_MEMORY_REGION, &region, "KVM_SET_USER_MEMORY_REGION");
    return memory;
}

/* Copies the file's segments; returns its entry. */
static uint64_t load(const char* path, uint8_t* memory) {
    const int file = open(path, O_RDONLY);
    struct stat status = {0};

    if (file < 0 || fstat(file, &status)) {
        printf("peers: %s: %s\n", path, strerror(errno));
        exit(1);
    }
    const uint8_t* image = checked(mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, file, 0), path);
    const Elf64_Ehdr* header = (const Elf64_Ehdr*)image;
    const Elf64_Phdr* segments = (const Elf64_Phdr*)(image + header->e_phoff);

    for (unsigned i = 0; i < header->e_phnum; i++)
        if (segments[i].p_type == PT_LOAD) {
            if (segments[i].p_paddr > MEMORY || segments[i].p_memsz > MEMORY - segments[i].p_paddr) {
                printf("peers: %s doesn't fit into the guest's memory\n", path);
                exit(1);
            }
            memcpy(memory + segments[i].p_paddr, image + segments[i].p_offset, segments[i].p_filesz);
        }
    return header->e_entry;
}

static void write_tables(uint8_t* memory) {
    uint64_t* tables = (uint64_t*)(memory + TABLES);
    uint64_t* gdt = (uint64_t*)(memory + GDT);
    const uint64_t present_writable = 3, large = 0x80;

    tables[0] = (TABLES + PAGE) | present_writable;
    for (uint64_t i = 0; i < 4; i++)
        tables[512 + i] = (TABLES + (2 + i) * PAGE) | present_writable;
    for (uint64_t i = 0; i < 2048; i++)
        tables[1024 + i] = i << 21 | present_writable | large;
    gdt[CODE / 8] = 0x00AF9B000000FFFFull;
    gdt[DATA / 8] = 0x00CF93000000FFFFull;
}

static void set_state(int processor, uint64_t entry) {
    const struct kvm_segment code = {.limit = ~0u, .selector = CODE, .type = 11, .present = 1, .s = 1, .l = 1, .g = 1};
    const struct kvm_segment data = {.limit = ~0u, .selector = DATA, .type = 3, .present = 1, .s = 1, .db = 1, .g = 1};
    struct kvm_sregs special;
    struct kvm_regs registers = {.rip = entry, .rsp = STACK - 8, .rflags = 2};

    call(processor, KVM_GET_SREGS, &special, "KVM_GET_SREGS");
    special.cs = code;
    special.ds = special.es = special.fs = special.gs = special.ss = data;
    special.gdt.base = GDT;
    special.gdt.limit = DATA + 7;
    special.cr3 = TABLES;
    special.cr4 = 0x20;       /* PAE */
    special.cr0 = 0x80000031; /* PG, NE, ET, PE */
    special.efer = 0x500;     /* LMA, LME */
    call(processor, KVM_SET_SREGS, &special, "KVM_SET_SREGS");
    call(processor, KVM_SET_REGS, &registers, "KVM_SET_REGS");
}

static void offer_processor(int device, int processor) {
    const uint32_t room = 256;
    struct kvm_cpuid2* leaves = calloc(1, sizeof(*leaves) + room * sizeof(leaves->entries[0]));

    if (!leaves)
        exit(1);
    leaves->nent = room;
    call(device, KVM_GET_SUPPORTED_CPUID, leaves, "KVM_GET_SUPPORTED_CPUID");
    call(processor, KVM_SET_CPUID2, leaves, "KVM_SET_CPUID2");
    free(leaves);
}

static int run(int processor, struct kvm_run* shared) {
    for (;;) {
        if (ioctl(processor, KVM_RUN, 0) < 0 && errno != EINTR) {
            printf("peers: KVM_RUN: %s\n", strerror(errno));
            return 1;
        }
        uint8_t* data = (uint8_t*)shared + shared->io.data_offset;

        if (shared->exit_reason != KVM_EXIT_IO) {
            printf("peers: the guest ended with KVM's exit reason %u\n", shared->exit_reason);
            return 1;
        }
        if (shared->io.direction == KVM_EXIT_IO_IN)
            *data = 0;
        else if (shared->io.port == PEERS_PORT_PRINT)
            putchar(*data);
        else if (shared->io.port == PEERS_PORT_END)
            return 0;
    }
}

int main(int count, char** words) {
    if (count != 2) {
        printf("usage: kvm GUEST\n");
        return 2;
    }
    const int device = open("/dev/kvm", O_RDWR | O_CLOEXEC);

    if (device < 0) {
        printf("peers: /dev/kvm: %s\n", strerror(errno));
        return 1;
    }
    const int machine = call(device, KVM_CREATE_VM, NULL, "KVM_CREATE_VM");

    call(machine, KVM_CREATE_IRQCHIP, NULL, "KVM_CREATE_IRQCHIP");
    uint8_t* memory = give_memory(machine, 0, 0, MEMORY);

    give_memory(machine, 1, PEERS_TRAP_PAGE, PAGE);
    write_tables(memory);
    const uint64_t entry = load(words[1], memory);
    const int processor = call(machine, KVM_CREATE_VCPU, NULL, "KVM_CREATE_VCPU");
    const int size = call(device, KVM_GET_VCPU_MMAP_SIZE, NULL, "KVM_GET_VCPU_MMAP_SIZE");
    struct kvm_run* shared =
        checked(mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, processor, 0), "the processor's page");

    offer_processor(device, processor);
    set_state(processor, entry);
    return run(processor, shared);
}
