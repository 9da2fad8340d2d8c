// SIMD on floats: 4x4 matrix by vector transformation with shuffles, and the Mandelbrot set four points at a time.
#define DEFAULT_SIZE 600
#include "kernel.h"
#include "simd.h"

static NOINLINE void transform(f32x4 *points, uint32_t count, const f32x4 matrix[4]) {
    for (uint32_t i = 0; i < count; i++) {
        f32x4 p = points[i];
        f32x4 x = __builtin_shufflevector(p, p, 0, 0, 0, 0), y = __builtin_shufflevector(p, p, 1, 1, 1, 1);
        f32x4 z = __builtin_shufflevector(p, p, 2, 2, 2, 2), w = __builtin_shufflevector(p, p, 3, 3, 3, 3);
        points[i] = x * matrix[0] + y * matrix[1] + (z * matrix[2] + w * matrix[3]);
    }
}

static NOINLINE uint64_t mandelbrot(uint32_t n) {
    uint64_t hash = 0;
    for (uint32_t row = 0; row < n; row++) {
        f32x4 ci = (f32x4){} + ((float)row * 2.0f / (float)n - 1.0f);
        for (uint32_t column = 0; column < n; column += 4) {
            f32x4 step = (f32x4){0, 1, 2, 3} + (float)column;
            f32x4 cr = step * (2.6f / (float)n) - 2.0f, zr = {}, zi = {};
            i32x4 counts = {};
            for (int i = 0; i < 200; i++) {
                f32x4 r2 = zr * zr, i2 = zi * zi;
                i32x4 inside = r2 + i2 < (f32x4){} + 4.0f;
                if (!(inside[0] | inside[1] | inside[2] | inside[3]))
                    break;
                counts -= inside;
                zi = (zr + zr) * zi + ci;
                zr = r2 - i2 + cr;
            }
            hash = mix(hash, (uint32_t)(counts[0] + 256 * counts[1]) ^ (uint64_t)(uint32_t)(counts[2] + 256 * counts[3]) << 32);
        }
    }
    return hash;
}

static NOINLINE uint64_t kernel(uint32_t n) {
    enum { POINTS = 4096 };
    f32x4 *points = allocate(POINTS * sizeof *points);
    uint32_t seed = 23;
    for (uint32_t i = 0; i < POINTS; i++)
        for (int k = 0; k < 4; k++)
            points[i][k] = (float)(next_random(&seed) & 1023) / 1024.0f;
    // A rotation in two planes: lengths stay bounded over many passes.
    const f32x4 matrix[4] = {{0.8f, 0.6f, 0, 0}, {-0.6f, 0.8f, 0, 0}, {0, 0, 0.96f, 0.28f}, {0, 0, -0.28f, 0.96f}};
    for (uint32_t pass = 0; pass < 20 * n; pass++)
        transform(points, POINTS, matrix);
    uint64_t hash = mandelbrot(n);
    for (uint32_t i = 0; i < POINTS; i++)
        for (int k = 0; k < 4; k++)
            hash = mix(hash, bits_of((double)points[i][k]));
    free(points);
    return hash;
}
