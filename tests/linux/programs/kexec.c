// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * Loads a kernel of a few instructions for kexec: it says on COM1 whether the machine that it was given can enter VMX
 * operation, which is only so when nobody is in it, and ends the emulator's run.
 *   kexec now      and jumps into it
 *   kexec crash    for when the running kernel panics; wants crashkernel=
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/kexec.h>
#include <linux/reboot.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * Entered in 64-bit mode with paging that maps itself one to one, CPL 0, no descriptor tables worth the name. Any
 * exception is a triple fault, which the test sees. The VMXON region is the second page of the payload.
 */
asm(".section .rodata\n"
    ".balign 4096\n"
    "payload:\n"
    "    leaq payload + 4096(%rip), %rsp\n"
    "    leaq entered(%rip), %rsi\n"
    "    call print\n"
    "    movq %cr4, %rax\n"
    "    btq $13, %rax\n" /* CR4.VMXE: set, and VMX is somebody's */
    "    leaq enabled(%rip), %rsi\n"
    "    jc 1f\n"
    "    orq $0x2000, %rax\n"
    "    movq %rax, %cr4\n"
    "    movq %cr0, %rax\n"
    "    orq $0x20, %rax\n" /* CR0.NE, which VMX operation wants */
    "    movq %rax, %cr0\n"
    "    movl $0x480, %ecx\n" /* IA32_VMX_BASIC: the revision identifier */
    "    rdmsr\n"
    "    leaq payload + 4096(%rip), %rdi\n"
    "    andl $0x7fffffff, %eax\n"
    "    movl %eax, (%rdi)\n"
    "    pushq %rdi\n"
    "    vmxon (%rsp)\n"
    "    leaq refused(%rip), %rsi\n"
    "    jbe 1f\n" /* CF or ZF: VMfail */
    "    vmxoff\n"
    "    leaq bare(%rip), %rsi\n"
    "1:  call print\n"
    "    movl $0x3fd, %edx\n"
    "4:  inb %dx, %al\n" /* all is sent */
    "    testb $0x40, %al\n"
    "    jz 4b\n"
    "    leaq shutdown(%rip), %rsi\n" /* the emulator's port for the end of a run */
    "    movl $0x8900, %edx\n"
    "2:  lodsb\n"
    "    outb %al, %dx\n"
    "    testb %al, %al\n"
    "    jnz 2b\n"
    "3:  hlt\n"
    "    jmp 3b\n"
    "print:\n"
    "    lodsb\n"
    "    testb %al, %al\n"
    "    jz 6f\n"
    "    movb %al, %bl\n"
    "    movl $0x3fd, %edx\n"
    "5:  inb %dx, %al\n" /* line status: the transmitter is empty */
    "    testb $0x20, %al\n"
    "    jz 5b\n"
    "    movb %bl, %al\n"
    "    movl $0x3f8, %edx\n"
    "    outb %al, %dx\n"
    "    jmp print\n"
    "6:  ret\n"
    "entered: .asciz \"\\nkexec: entered\\n\"\n"
    "enabled: .asciz \"kexec: CR4.VMXE is set\\n\"\n"
    "refused: .asciz \"kexec: VMXON failed\\n\"\n"
    "bare: .asciz \"kexec: VMXON worked\\n\"\n"
    "shutdown: .asciz \"Shutdown\"\n"
    "payload_end:\n"
    ".previous\n");

extern const char payload[], payload_end[];

/* Memory set aside by crashkernel=, as the kernel tells. */
static unsigned long crash_memory(void)
{
    unsigned long begin = 0;
    char line[256];
    FILE *file = fopen("/proc/iomem", "r");

    while (file && fgets(line, sizeof(line), file))
        if (strstr(line, "Crash kernel"))
            sscanf(line, "%lx", &begin);
    return begin;
}

int main(int count, char **words)
{
    const int crash = count > 1 && !strcmp(words[1], "crash");
    const unsigned long address = crash ? crash_memory() : 0x8000000;
    struct kexec_segment segment = {payload, (size_t)(payload_end - payload), (void *)address, 3 * 4096};

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!address) {
        printf("kexec: no memory set aside for a crash kernel\n");
        return 1;
    }
    if (syscall(SYS_kexec_load, address, 1ul, &segment, (crash ? KEXEC_ON_CRASH : 0) | KEXEC_ARCH_X86_64)) {
        printf("kexec: not loaded: %s\n", strerror(errno));
        return 1;
    }
    printf("kexec: loaded\n");
    if (!crash)
        syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_KEXEC, NULL);
    return 0;
}
