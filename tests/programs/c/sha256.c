// SHA-256 of the test vectors of FIPS 180-2, the last one a million bytes long.
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static uint32_t constants[64], initial[8];

// The first 32 bits of the fractional parts of roots of primes, worked out with integers (FIPS 180-2 §4.2.2).
static uint32_t fraction(unsigned prime, int cube) {
    unsigned __int128 low = 0, high = (unsigned __int128)1 << (cube ? 36 : 38);
    while (high - low > 1) {
        unsigned __int128 root = (low + high) / 2;
        // root has 32 fractional bits; its square and cube fit in 128 bits
        int above = cube ? root * root * root > (unsigned __int128)prime << 96 : root * root > (unsigned __int128)prime << 64;
        *(above ? &high : &low) = root;
    }
    return (uint32_t)low;
}

static void prepare(void) {
    for (unsigned candidate = 2, count = 0; count < 64; candidate++) {
        int prime = 1;
        for (unsigned divisor = 2; divisor * divisor <= candidate; divisor++)
            prime &= candidate % divisor != 0;
        if (!prime)
            continue;
        if (count < 8)
            initial[count] = fraction(candidate, 0);
        constants[count++] = fraction(candidate, 1);
    }
}

#define ROTATE(x, n) ((x) >> (n) | (x) << (32 - (n)))

static void block(uint32_t *hash, const uint8_t *bytes) {
    uint32_t w[64], s[8];
    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t)bytes[4 * i] << 24 | bytes[4 * i + 1] << 16 | bytes[4 * i + 2] << 8 | bytes[4 * i + 3];
    for (int i = 16; i < 64; i++) {
        uint32_t a = w[i - 15], b = w[i - 2];
        w[i] = w[i - 16] + (ROTATE(a, 7) ^ ROTATE(a, 18) ^ a >> 3) + w[i - 7] + (ROTATE(b, 17) ^ ROTATE(b, 19) ^ b >> 10);
    }
    memcpy(s, hash, sizeof s);
    for (int i = 0; i < 64; i++) {
        uint32_t e = s[4], a = s[0];
        uint32_t t = s[7] + (ROTATE(e, 6) ^ ROTATE(e, 11) ^ ROTATE(e, 25)) + ((e & s[5]) ^ (~e & s[6])) + constants[i] + w[i];
        uint32_t u = (ROTATE(a, 2) ^ ROTATE(a, 13) ^ ROTATE(a, 22)) + ((a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]));
        memmove(s + 1, s, 7 * sizeof *s);
        s[4] += t;
        s[0] = t + u;
    }
    for (int i = 0; i < 8; i++)
        hash[i] += s[i];
}

static void digest(const char *text, uint64_t repeat) {
    uint32_t hash[8];
    uint8_t buffer[64];
    uint64_t length = 0, piece = strlen(text);
    memcpy(hash, initial, sizeof hash);
    for (; repeat--;)
        for (uint64_t i = 0; i < piece; i++) {
            buffer[length++ % 64] = (uint8_t)text[i];
            if (length % 64 == 0)
                block(hash, buffer);
        }
    uint64_t bits = length * 8;
    buffer[length++ % 64] = 0x80;
    while (length % 64 != 56) {
        if (length % 64 == 0)
            block(hash, buffer);
        buffer[length++ % 64] = 0;
    }
    for (int i = 0; i < 8; i++)
        buffer[56 + i] = (uint8_t)(bits >> (56 - 8 * i));
    block(hash, buffer);
    for (int i = 0; i < 8; i++)
        printf("%08x", hash[i]);
    puts("");
}

int main(void) {
    prepare();
    digest("", 1);
    digest("abc", 1);
    digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1);
    digest("a", 1000000);
    return 0;
}
