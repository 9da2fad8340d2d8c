// Integer loops: a prime sieve, Collatz chain lengths and Euclid's algorithm.
#define DEFAULT_SIZE 600000
#include "kernel.h"

static NOINLINE uint32_t sieve(uint8_t *composite, uint32_t n) {
    uint32_t primes = 0;
    memset(composite, 0, n + 1);
    for (uint32_t i = 2; i <= n; i++) {
        if (composite[i])
            continue;
        primes++;
        for (uint64_t j = (uint64_t)i * i; j <= n; j += i)
            composite[j] = 1;
    }
    return primes;
}

static NOINLINE uint32_t longest_collatz(uint32_t n) {
    uint32_t best = 0, best_start = 0;
    for (uint32_t start = 1; start < n; start++) {
        uint64_t value = start;
        uint32_t steps = 0;
        while (value != 1) {
            value = value & 1 ? 3 * value + 1 : value >> 1;
            steps++;
        }
        if (steps > best) {
            best = steps;
            best_start = start;
        }
    }
    return best_start * 31 + best;
}

static uint32_t gcd(uint32_t a, uint32_t b) {
    while (b) {
        uint32_t r = a % b;
        a = b;
        b = r;
    }
    return a;
}

static NOINLINE uint32_t coprime_pairs(uint32_t n) {
    uint32_t pairs = 0;
    for (uint32_t a = 1; a <= n; a++)
        for (uint32_t b = 1; b < a; b++)
            pairs += gcd(a, b) == 1;
    return pairs;
}

static NOINLINE uint64_t kernel(uint32_t n) {
    uint8_t *composite = allocate(4 * (size_t)n + 1);
    uint64_t hash = 0;
    for (int i = 0; i < 6; i++)
        hash = mix(hash, sieve(composite, 4 * n - (uint32_t)i));
    hash = mix(hash, longest_collatz(n));
    hash = mix(hash, coprime_pairs(n / 500));
    free(composite);
    return hash;
}
