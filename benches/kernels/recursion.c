// Recursion: Fibonacci, Ackermann's and Takeuchi's functions. Nothing but calls.
#define DEFAULT_SIZE 38
#include "kernel.h"

static NOINLINE uint32_t fibonacci(uint32_t n) {
    return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

static NOINLINE uint32_t ackermann(uint32_t m, uint32_t n) {
    if (m == 0)
        return n + 1;
    if (n == 0)
        return ackermann(m - 1, 1);
    return ackermann(m - 1, ackermann(m, n - 1));
}

static NOINLINE int32_t takeuchi(int32_t x, int32_t y, int32_t z) {
    return y >= x ? z : takeuchi(takeuchi(x - 1, y, z), takeuchi(y - 1, z, x), takeuchi(z - 1, x, y));
}

static NOINLINE uint64_t kernel(uint32_t n) {
    uint64_t hash = fibonacci(n);
    for (uint32_t i = 0; i < 6; i++)
        hash = mix(hash, ackermann(3, n / 5 + (i & 1)));
    return mix(hash, (uint64_t)takeuchi((int32_t)n - 14, 16, 8));
}
