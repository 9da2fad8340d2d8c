// 64-bit multiplication: Montgomery arithmetic and Miller-Rabin primality, and multi-word multiplication by 32-bit limbs.
#define DEFAULT_SIZE 5000
#include "kernel.h"

// The high half of a 64 by 64 bit product, from 32-bit pieces: wasm has no wide multiplication.
static inline uint64_t multiply_high(uint64_t a, uint64_t b) {
    uint64_t al = (uint32_t)a, ah = a >> 32, bl = (uint32_t)b, bh = b >> 32;
    uint64_t low = al * bl, middle = ah * bl + (low >> 32), other = al * bh + (uint32_t)middle;
    return ah * bh + (middle >> 32) + (other >> 32);
}

typedef struct {
    uint64_t modulus, inverse, one, squared;
} Montgomery;

static uint64_t double_mod(uint64_t x, uint64_t modulus) {
    return x >= modulus - x ? x - (modulus - x) : x + x;
}

static Montgomery montgomery(uint64_t modulus) {
    Montgomery m = {modulus, modulus, 1, 0};
    for (int i = 0; i < 5; i++)
        m.inverse *= 2 - modulus * m.inverse;
    for (int i = 0; i < 64; i++)
        m.one = double_mod(m.one % modulus, modulus);
    m.squared = m.one;
    for (int i = 0; i < 64; i++)
        m.squared = double_mod(m.squared, modulus);
    return m;
}

static inline uint64_t reduce_product(const Montgomery *m, uint64_t a, uint64_t b) {
    uint64_t high = multiply_high(a, b), low = a * b;
    uint64_t correction = multiply_high(low * m->inverse, m->modulus);
    return high >= correction ? high - correction : high - correction + m->modulus;
}

static NOINLINE uint64_t power(const Montgomery *m, uint64_t base, uint64_t exponent) {
    uint64_t result = m->one;
    for (; exponent; exponent >>= 1) {
        if (exponent & 1)
            result = reduce_product(m, result, base);
        base = reduce_product(m, base, base);
    }
    return result;
}

static NOINLINE int is_prime(uint64_t n) {
    Montgomery m = montgomery(n);
    int shift = __builtin_ctzll(n - 1);
    static const uint64_t bases[] = {2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37};
    for (int i = 0; i < 12; i++) {
        uint64_t x = power(&m, reduce_product(&m, bases[i], m.squared), (n - 1) >> shift), minus_one = n - m.one;
        if (x == m.one || x == minus_one)
            continue;
        int composite = 1;
        for (int s = 1; s < shift && composite; s++) {
            x = reduce_product(&m, x, x);
            composite = x != minus_one;
        }
        if (composite)
            return 0;
    }
    return 1;
}

static NOINLINE void multiply_limbs(uint32_t *to, const uint32_t *a, const uint32_t *b, uint32_t limbs) {
    memset(to, 0, 2 * limbs * sizeof *to);
    for (uint32_t i = 0; i < limbs; i++) {
        uint64_t carry = 0;
        for (uint32_t j = 0; j < limbs; j++) {
            carry += (uint64_t)a[i] * b[j] + to[i + j];
            to[i + j] = (uint32_t)carry;
            carry >>= 32;
        }
        to[i + limbs] = (uint32_t)carry;
    }
}

static NOINLINE uint64_t kernel(uint32_t n) {
    enum { LIMBS = 64 };
    uint64_t hash = 0, candidate = 0x7fffffffffff0001u;
    uint32_t primes = 0;
    for (uint32_t i = 0; i < 8 * n; i++, candidate += 2)
        if (is_prime(candidate)) {
            primes++;
            hash = mix(hash, candidate);
        }
    uint32_t a[LIMBS], b[LIMBS], product[2 * LIMBS], seed = 41;
    for (int i = 0; i < LIMBS; i++) {
        a[i] = next_random(&seed);
        b[i] = next_random(&seed);
    }
    for (uint32_t i = 0; i < 4 * n; i++) {
        multiply_limbs(product, a, b, LIMBS);
        a[i % LIMBS] ^= product[LIMBS];
        hash = mix(hash, product[2 * LIMBS - 1]);
    }
    return mix(hash, primes);
}
