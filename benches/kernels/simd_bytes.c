// SIMD on integers: saturating blend and blur of bytes, a 16-bit dot product, and counting of newline characters by byte masks.
#define DEFAULT_SIZE 4000
#include "kernel.h"
#include "simd.h"

enum { SIZE = 128 * 1024 };

static NOINLINE void blend(uint8_t *to, const uint8_t *a, const uint8_t *b) {
    u8x16 limit = (u8x16){} + 240;
    for (uint32_t i = 0; i < SIZE; i += 16)
        STORE(to + i, smaller(saturating_add(LOAD(u8x16, a + i), LOAD(u8x16, b + i)), limit));
}

static NOINLINE void blur(uint8_t *to, const uint8_t *from) {
    for (uint32_t i = 16; i < SIZE - 16; i += 16) {
        u8x16 sides = average(LOAD(u8x16, from + i - 1), LOAD(u8x16, from + i + 1));
        STORE(to + i, average(sides, LOAD(u8x16, from + i)));
    }
}

static NOINLINE int32_t dot_product(const uint8_t *a, const uint8_t *b) {
    i32x4 sum = {};
    for (uint32_t i = 0; i < SIZE; i += 16)
        sum += dot(LOAD(i16x8, a + i), LOAD(i16x8, b + i)) >> 4;
    return sum[0] ^ sum[1] ^ sum[2] ^ sum[3];
}

static NOINLINE uint32_t count_newlines(const uint8_t *text) {
    uint32_t count = 0;
    u8x16 newline = (u8x16){} + '\n';
    for (uint32_t i = 0; i < SIZE; i += 16)
        count += (uint32_t)__builtin_popcount(high_bits((u8x16)(LOAD(u8x16, text + i) == newline)));
    return count;
}

static NOINLINE uint64_t kernel(uint32_t n) {
    uint8_t *a = allocate(SIZE), *b = allocate(SIZE), *c = allocate(SIZE);
    uint32_t seed = 11;
    for (uint32_t i = 0; i < SIZE; i++) {
        a[i] = (uint8_t)next_random(&seed);
        b[i] = (uint8_t)(next_random(&seed) >> 3) & 31;
        c[i] = 0;
    }
    uint64_t hash = 0;
    for (uint32_t pass = 0; pass < n; pass++) {
        blend(c, a, b);
        blur(a, c);
        hash = mix(hash, (uint32_t)dot_product(a, b));
        hash = mix(hash, count_newlines(c));
        a[pass % SIZE] ^= 0x5a;
    }
    free(a);
    free(b);
    free(c);
    return hash;
}
