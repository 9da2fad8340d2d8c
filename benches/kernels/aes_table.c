// Cryptography: AES-128 (FIPS 197) with four lookup tables, which are computed from the field at start. Dominated by byte-indexed loads.
#define DEFAULT_SIZE 1500000
#include "kernel.h"

static uint32_t table[4][256];
static uint8_t sbox[256];

static uint8_t times_x(uint8_t a) {
    return (uint8_t)(a << 1 ^ (a & 0x80 ? 0x1b : 0));
}

static uint8_t rotate8(uint8_t x, int by) {
    return (uint8_t)(x << by | x >> (8 - by));
}

// FIPS 197 §5.1.1: the multiplicative inverse in GF(2^8), then an affine map. Walks the field by the generator 3 and its inverse.
static void make_tables(void) {
    uint8_t power = 1, inverse = 1;
    do {
        power ^= times_x(power);
        inverse ^= (uint8_t)(inverse << 1);
        inverse ^= (uint8_t)(inverse << 2);
        inverse ^= (uint8_t)(inverse << 4);
        if (inverse & 0x80)
            inverse ^= 9;
        sbox[power] =
            inverse ^ rotate8(inverse, 1) ^ rotate8(inverse, 2) ^ rotate8(inverse, 3) ^ rotate8(inverse, 4) ^ 0x63;
    } while (power != 1);
    sbox[0] = 0x63;
    for (int i = 0; i < 256; i++) {
        uint8_t s = sbox[i], s2 = times_x(s);
        uint32_t word = (uint32_t)s2 << 24 | (uint32_t)s << 16 | (uint32_t)s << 8 | (uint32_t)(s2 ^ s);
        for (int t = 0; t < 4; t++)
            table[t][i] = t ? word >> (8 * t) | word << (32 - 8 * t) : word;
    }
}

static uint32_t substitute(uint32_t w) {
    return (uint32_t)sbox[w >> 24] << 24 | (uint32_t)sbox[w >> 16 & 255] << 16 | (uint32_t)sbox[w >> 8 & 255] << 8 | sbox[w & 255];
}

// FIPS 197 §5.2.
static void expand_key(uint32_t keys[44]) {
    uint8_t constant = 1;
    for (int i = 4; i < 44; i++) {
        uint32_t word = keys[i - 1];
        if (i % 4 == 0) {
            word = substitute(word << 8 | word >> 24) ^ (uint32_t)constant << 24;
            constant = times_x(constant);
        }
        keys[i] = keys[i - 4] ^ word;
    }
}

#define COLUMN(a, b, c, d) (table[0][a >> 24] ^ table[1][b >> 16 & 255] ^ table[2][c >> 8 & 255] ^ table[3][d & 255])

static NOINLINE void encrypt(uint32_t s[4], const uint32_t keys[44]) {
    uint32_t a = s[0] ^ keys[0], b = s[1] ^ keys[1], c = s[2] ^ keys[2], d = s[3] ^ keys[3];
    for (int round = 1; round < 10; round++) {
        const uint32_t *key = keys + 4 * round;
        uint32_t na = COLUMN(a, b, c, d) ^ key[0], nb = COLUMN(b, c, d, a) ^ key[1];
        uint32_t nc = COLUMN(c, d, a, b) ^ key[2], nd = COLUMN(d, a, b, c) ^ key[3];
        a = na, b = nb, c = nc, d = nd;
    }
    s[0] = substitute((a & 0xff000000) | (b & 0xff0000) | (c & 0xff00) | (d & 0xff)) ^ keys[40];
    s[1] = substitute((b & 0xff000000) | (c & 0xff0000) | (d & 0xff00) | (a & 0xff)) ^ keys[41];
    s[2] = substitute((c & 0xff000000) | (d & 0xff0000) | (a & 0xff00) | (b & 0xff)) ^ keys[42];
    s[3] = substitute((d & 0xff000000) | (a & 0xff0000) | (b & 0xff00) | (c & 0xff)) ^ keys[43];
}

static NOINLINE uint64_t kernel(uint32_t n) {
    make_tables();
    // The key and the plain text of FIPS 197 appendix B; the first block is checked against the appendix.
    uint32_t keys[44] = {0x2b7e1516, 0x28aed2a6, 0xabf71588, 0x09cf4f3c};
    expand_key(keys);
    uint32_t state[4] = {0x3243f6a8, 0x885a308d, 0x313198a2, 0xe0370734};
    encrypt(state, keys);
    if (state[0] != 0x3925841d || state[3] != 0x196a0b32)
        return 0;
    for (uint32_t i = 0; i < n; i++)
        encrypt(state, keys);
    return (uint64_t)(state[0] ^ state[2]) << 32 | (state[1] ^ state[3]);
}
