// Matrix: double-precision matrix multiplication, plain triple loop in i-k-j order and a blocked one in i-j-k order.
#define DEFAULT_SIZE 384
#include "kernel.h"

static NOINLINE void multiply_rows(const double *a, const double *b, double *c, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t k = 0; k < n; k++) {
            double factor = a[i * n + k];
            for (uint32_t j = 0; j < n; j++)
                c[i * n + j] += factor * b[k * n + j];
        }
    }
}

static NOINLINE void multiply_blocked(const double *a, const double *b, double *c, uint32_t n) {
    enum { BLOCK = 32 };
    for (uint32_t ii = 0; ii < n; ii += BLOCK)
        for (uint32_t jj = 0; jj < n; jj += BLOCK)
            for (uint32_t kk = 0; kk < n; kk += BLOCK)
                for (uint32_t i = ii; i < ii + BLOCK; i++)
                    for (uint32_t j = jj; j < jj + BLOCK; j++) {
                        double sum = c[i * n + j];
                        for (uint32_t k = kk; k < kk + BLOCK; k++)
                            sum += a[i * n + k] * b[k * n + j];
                        c[i * n + j] = sum;
                    }
}

// n is rounded down to a multiple of the block size.
static NOINLINE uint64_t kernel(uint32_t n) {
    n &= ~31u;
    size_t size = (size_t)n * n * sizeof(double);
    double *a = allocate(size), *b = allocate(size), *c = allocate(size);
    for (uint32_t i = 0; i < n * n; i++) {
        a[i] = (double)(i % 17) - 8.0;
        b[i] = (double)(i % 23) * 0.25;
        c[i] = 0.0;
    }
    for (int pass = 0; pass < 3; pass++) {
        multiply_rows(a, b, c, n);
        multiply_blocked(b, a, c, n);
    }
    uint64_t hash = 0;
    for (uint32_t i = 0; i < n * n; i++)
        hash = mix(hash, bits_of(c[i]));
    free(a);
    free(b);
    free(c);
    return hash;
}
