/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "checks.h"

enum { size = 256 * 1024 };

/* Write, read back, map, rename, remove. */
uint64_t check_files(void) {
    static unsigned char written[size], back[size];
    for (unsigned i = 0; i < size; i++)
        written[i] = (unsigned char)(i * 7 + (i >> 8));
    int file = open("/tmp/workload.a", O_RDWR | O_CREAT | O_TRUNC, 0600);
    REQUIRE(file >= 0);
    REQUIRE(write(file, written, size) == size);
    REQUIRE(lseek(file, 0, SEEK_SET) == 0);
    REQUIRE(read(file, back, size) == size);
    REQUIRE(memcmp(written, back, size) == 0);
    unsigned char* map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    REQUIRE(map != MAP_FAILED);
    map[12345] ^= 0xFF;
    REQUIRE(pread(file, back, 1, 12345) == 1);
    REQUIRE(back[0] == (unsigned char)(written[12345] ^ 0xFF));
    uint64_t digest = digest_bytes(DIGEST_START, map, size);
    REQUIRE(munmap(map, size) == 0);
    REQUIRE(close(file) == 0);
    REQUIRE(rename("/tmp/workload.a", "/tmp/workload.b") == 0);
    struct stat status;
    REQUIRE(stat("/tmp/workload.b", &status) == 0 && status.st_size == size);
    REQUIRE(unlink("/tmp/workload.b") == 0);
    REQUIRE(access("/tmp/workload.b", F_OK) != 0);
    return digest;
}

/* Fresh memory is zero, copies on write stay apart, unmapped memory can be had again. */
uint64_t check_memory(void) {
    enum { pages = 1024, page = 4096 };
    unsigned char* memory = mmap(NULL, pages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(memory != MAP_FAILED);
    for (unsigned i = 0; i < pages; i++) {
        REQUIRE(memory[i * page + 17] == 0);
        memory[i * page + 17] = (unsigned char)i;
    }
    pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        for (unsigned i = 0; i < pages; i++)
            memory[i * page + 17] ^= 0x55;
        _exit(memory[page + 17] == (1 ^ 0x55) ? 0 : 1);
    }
    int status;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    uint64_t digest = DIGEST_START;
    for (unsigned i = 0; i < pages; i++) {
        REQUIRE(memory[i * page + 17] == (unsigned char)i);
        digest = digest_bytes(digest, &memory[i * page + 17], 1);
    }
    REQUIRE(munmap(memory, pages * page) == 0);
    return digest;
}
