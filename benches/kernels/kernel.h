// What every kernel shares: its main(), its clock, and a small random generator.
//
// A kernel is one C file that defines `static uint64_t kernel(uint32_t n)` and DEFAULT_SIZE, and includes this file. The size comes
// from the command line, so that no compiler can evaluate the work ahead of time. The checksum on stdout must be the same under every engine;
// the nanoseconds that kernel() took go to stderr, so process start-up and output are not part of the figure.
#ifndef KERNEL_H
#define KERNEL_H

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NOINLINE __attribute__((noinline))

static uint64_t kernel(uint32_t n);

// xorshift32 (Marsaglia 2003): the same sequence on every engine. The state must not be zero.
static inline uint32_t next_random(uint32_t *state) {
    uint32_t x = *state;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return *state = x;
}

// One step of FNV-1a over a 64-bit word, to fold results into a checksum.
static inline uint64_t mix(uint64_t hash, uint64_t value) {
    return (hash ^ value) * 0x100000001b3u;
}

// The bit pattern of a double, so that floating-point results must agree to the last bit.
static inline uint64_t bits_of(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline void *allocate(size_t size) {
    void *memory = malloc(size);
    if (!memory) {
        fputs("out of memory\n", stderr);
        exit(2);
    }
    return memory;
}

static uint64_t nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

// A number as text without printf, which would be most of each module.
static void print_number(uint64_t value, uint32_t base, int digits, FILE *to) {
    char text[24], *at = text + sizeof text - 1;
    *at = 0;
    for (*--at = '\n'; value || digits > 0; digits--, value /= base)
        *--at = "0123456789abcdef"[value % base];
    fputs(at, to);
}

int main(int argc, char **argv) {
    uint32_t n = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : DEFAULT_SIZE;
    uint64_t start = nanoseconds();
    uint64_t checksum = kernel(n);
    uint64_t end = nanoseconds();
    print_number(checksum, 16, 16, stdout);
    print_number(end - start, 10, 1, stderr);
    return 0;
}

#endif
