// Bit manipulation: population counts, leading and trailing zeros, rotations, bit reversal, Gray codes and a game of life on 64-bit rows.
#define DEFAULT_SIZE 10000000
#include "kernel.h"

static NOINLINE uint64_t counts(uint32_t n) {
    uint64_t state = 0x9e3779b97f4a7c15u, total = 0;
    for (uint32_t i = 0; i < n; i++) {
        state ^= state << 13, state ^= state >> 7, state ^= state << 17;
        total += (uint64_t)__builtin_popcountll(state) + (uint64_t)__builtin_clzll(state | 1) * 3 + (uint64_t)__builtin_ctzll(state | 1ull << 63) * 5;
        total = total << 11 | total >> 53;
    }
    return total;
}

static inline uint32_t reverse_bits(uint32_t x) {
    x = (x >> 1 & 0x55555555) | (x & 0x55555555) << 1;
    x = (x >> 2 & 0x33333333) | (x & 0x33333333) << 2;
    x = (x >> 4 & 0x0f0f0f0f) | (x & 0x0f0f0f0f) << 4;
    return __builtin_bswap32(x);
}

static NOINLINE uint32_t reversals(uint32_t n) {
    uint32_t sum = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t gray = i ^ i >> 1;
        sum = (sum << 3 | sum >> 29) ^ reverse_bits(gray + sum);
    }
    return sum;
}

static NOINLINE uint32_t set_bit_walk(const uint64_t *words, uint32_t count) {
    uint32_t sum = 0;
    for (uint32_t i = 0; i < count; i++)
        for (uint64_t word = words[i]; word; word &= word - 1)
            sum = sum * 3 + 64 * i + (uint32_t)__builtin_ctzll(word);
    return sum;
}

// One generation of life on a 64 by 64 torus: neighbours are summed by bitwise adders.
static NOINLINE void generation(const uint64_t *from, uint64_t *to) {
    for (uint32_t row = 0; row < 64; row++) {
        uint64_t above = from[(row + 63) % 64], here = from[row], below = from[(row + 1) % 64];
        uint64_t neighbours[8] = {above << 1 | above >> 63, above, above >> 1 | above << 63, here << 1 | here >> 63,
                                  here >> 1 | here << 63,   below << 1 | below >> 63, below, below >> 1 | below << 63};
        uint64_t ones = 0, twos = 0, fours = 0;
        for (int i = 0; i < 8; i++) {
            uint64_t carry = ones & neighbours[i];
            ones ^= neighbours[i];
            uint64_t carry2 = twos & carry;
            twos ^= carry;
            fours |= carry2;
        }
        to[row] = twos & ~fours & (ones | here);
    }
}

static NOINLINE uint64_t kernel(uint32_t n) {
    uint64_t a[64], b[64], state = 88172645463325252u;
    for (int i = 0; i < 64; i++) {
        state ^= state << 13, state ^= state >> 7, state ^= state << 17;
        a[i] = state;
    }
    uint64_t hash = mix(counts(n), reversals(n));
    for (uint32_t i = 0; i < n / 1000; i++) {
        generation(a, b);
        generation(b, a);
        a[i % 64] ^= 0x0000001c00000000u;
        hash = mix(hash, set_bit_walk(a, 64));
    }
    return hash;
}
