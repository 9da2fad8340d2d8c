// 64-bit and 128-bit integer arithmetic, shifts, rotations and bit counts on varied operands.
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>

static uint64_t state = 0x9e3779b97f4a7c15;

static uint64_t random_number(void) {
    uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

// Modulo 2^61 - 1, which is prime: the bits from 61 on count as ones.
static uint64_t multiply(uint64_t a, uint64_t b) {
    const uint64_t prime = (UINT64_C(1) << 61) - 1;
    unsigned __int128 product = (unsigned __int128)a * b;
    uint64_t sum = (uint64_t)(product >> 61) + (uint64_t)(product & prime);
    return sum >= prime ? sum - prime : sum;
}

static uint64_t power(uint64_t base, uint64_t exponent) {
    uint64_t result = 1;
    for (; exponent; exponent >>= 1, base = multiply(base, base))
        if (exponent & 1)
            result = multiply(result, base);
    return result;
}

int main(void) {
    uint64_t hash = 0xcbf29ce484222325;
#define MIX(value) (hash = (hash ^ (uint64_t)(value)) * 0x100000001b3)
    for (int i = 0; i < 20000; i++) {
        uint64_t a = random_number() >> (i % 64), b = (random_number() >> (i * 7 % 64)) | 1;
        int64_t c = (int64_t)a, d = (int64_t)b | 1;
        MIX(a + b), MIX(a - b), MIX(a * b), MIX(a / b), MIX(a % b);
        if (d != -1)
            MIX(c / d), MIX(c % d);
        int shift = (int)(b & 63);
        MIX(a << shift), MIX(a >> shift), MIX(c >> shift), MIX(a << shift | a >> (-shift & 63));
        MIX(a ? __builtin_clzll(a) : 64), MIX(a ? __builtin_ctzll(a) : 64), MIX(__builtin_popcountll(a));
        MIX(a < b), MIX(c < d), MIX(c <= d), MIX((int8_t)a), MIX((int16_t)a), MIX((int32_t)a), MIX((uint32_t)a);
        uint32_t e = (uint32_t)a, f = (uint32_t)b | 1;
        MIX(e / f), MIX(e % f), MIX((int32_t)e >> (f & 31)), MIX(e << (f & 31) | e >> (-f & 31));
        MIX(e ? __builtin_clz(e) : 32), MIX(__builtin_popcount(e)), MIX(__builtin_bswap64(a));
        unsigned __int128 wide = (unsigned __int128)a * b;
        MIX(wide >> 64), MIX(wide), MIX((wide << shift) >> 70);
    }
    printf("%016" PRIx64 "\n", hash);
    // Fermat's little theorem, and 2^61 = 1.
    printf("%" PRIu64 " %" PRIu64 "\n", power(3, (UINT64_C(1) << 61) - 2), power(2, 61));
    printf("%" PRId64 " %" PRId64 "\n", INT64_MIN / 10, INT64_MIN % 10);
    return 0;
}
