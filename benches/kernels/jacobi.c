// Matrix: Jacobi relaxation of a two-dimensional grid, five-point stencil.
#define DEFAULT_SIZE 512
#include "kernel.h"

static NOINLINE void relax(const double *from, double *to, uint32_t n) {
    for (uint32_t row = 1; row < n - 1; row++)
        for (uint32_t column = 1; column < n - 1; column++)
            to[row * n + column] = 0.2 * (from[row * n + column] + from[row * n + column - 1] + from[row * n + column + 1] +
                                          from[(row + 1) * n + column] + from[(row - 1) * n + column]);
}

static NOINLINE uint64_t kernel(uint32_t n) {
    size_t size = (size_t)n * n * sizeof(double);
    double *a = allocate(size), *b = allocate(size);
    for (uint32_t i = 0; i < n * n; i++)
        a[i] = b[i] = (double)(i * 7919 % 1000) / 1000.0;
    for (int step = 0; step < 300; step++) {
        relax(a, b, n);
        relax(b, a, n);
    }
    uint64_t hash = 0;
    for (uint32_t i = 0; i < n * n; i++)
        hash = mix(hash, bits_of(a[i]));
    free(a);
    free(b);
    return hash;
}
