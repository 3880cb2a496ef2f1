// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Gives the kernel's random numbers their seed. Nothing that happens in the emulator is random, so that the kernel would look for
// it for a second in each program that asks.
#include <fcntl.h>
#include <linux/random.h>
#include <sys/ioctl.h>

int main(void)
{
    struct {
        struct rand_pool_info info;
        char bytes[64];
    } seed = {{512, 64}, "the same each time"};
    return ioctl(open("/dev/random", O_WRONLY), RNDADDENTROPY, &seed) != 0;
}
