// Floating point: the spectral norm of an infinite matrix given by a formula, by power iteration.
#define DEFAULT_SIZE 1600
#include <math.h>

#include "kernel.h"

static inline double entry(uint32_t row, uint32_t column) {
    uint32_t sum = row + column;
    return 1.0 / (double)(sum * (sum + 1) / 2 + row + 1);
}

static NOINLINE void multiply(const double *in, double *out, uint32_t n) {
    for (uint32_t row = 0; row < n; row++) {
        double sum = 0.0;
        for (uint32_t column = 0; column < n; column++)
            sum += entry(row, column) * in[column];
        out[row] = sum;
    }
}

static NOINLINE void multiply_transposed(const double *in, double *out, uint32_t n) {
    for (uint32_t row = 0; row < n; row++) {
        double sum = 0.0;
        for (uint32_t column = 0; column < n; column++)
            sum += entry(column, row) * in[column];
        out[row] = sum;
    }
}

static NOINLINE uint64_t kernel(uint32_t n) {
    double *u = allocate(n * sizeof *u), *v = allocate(n * sizeof *v), *between = allocate(n * sizeof *between);
    for (uint32_t i = 0; i < n; i++)
        u[i] = 1.0;
    for (int round = 0; round < 8; round++) {
        multiply(u, between, n);
        multiply_transposed(between, v, n);
        multiply(v, between, n);
        multiply_transposed(between, u, n);
    }
    double uv = 0.0, vv = 0.0;
    for (uint32_t i = 0; i < n; i++) {
        uv += u[i] * v[i];
        vv += v[i] * v[i];
    }
    free(u);
    free(v);
    free(between);
    return bits_of(sqrt(uv / vv));
}
