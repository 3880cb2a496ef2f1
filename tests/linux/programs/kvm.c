// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * Makes a virtual machine with KVM, which enters VMX operation on every processor for as long as that lives:
 *   kvm COMMAND...   says what came of it, runs the command meanwhile
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int count, char **words)
{
    const int device = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    const int machine = device < 0 ? -1 : ioctl(device, KVM_CREATE_VM, 0);

    printf("kvm: %s\n", machine < 0 ? strerror(errno) : "machine created");
    fflush(stdout);
    if (count > 1 && fork() == 0) {
        execvp(words[1], words + 1);
        _exit(127);
    }
    wait(NULL);
    return machine < 0;
}
