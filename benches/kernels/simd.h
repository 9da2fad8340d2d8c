// 128-bit vectors for the SIMD kernels: wasm's intrinsics, and the same operations by clang's vector extensions for the native twin.
#ifndef SIMD_H
#define SIMD_H

#include <stdint.h>
#include <string.h>

typedef float f32x4 __attribute__((vector_size(16)));
typedef int16_t i16x8 __attribute__((vector_size(16)));
typedef uint8_t u8x16 __attribute__((vector_size(16)));
typedef int32_t i32x4 __attribute__((vector_size(16)));

#define LOAD(type, from) ({ type value_; memcpy(&value_, (from), 16); value_; })
#define STORE(to, value)                                                                                                                 \
    do {                                                                                                                                 \
        __typeof__(value) value_ = (value);                                                                                              \
        memcpy((to), &value_, 16);                                                                                                       \
    } while (0)

#ifdef __wasm_simd128__
#include <wasm_simd128.h>
#define EITHER(wasm, native) wasm
typedef v128_t vector;
#else
#include <emmintrin.h>
#define EITHER(wasm, native) native
typedef __m128i vector;
#endif

static inline u8x16 saturating_add(u8x16 a, u8x16 b) {
    return (u8x16)EITHER(wasm_u8x16_add_sat, _mm_adds_epu8)((vector)a, (vector)b);
}
static inline u8x16 average(u8x16 a, u8x16 b) {
    return (u8x16)EITHER(wasm_u8x16_avgr, _mm_avg_epu8)((vector)a, (vector)b);
}
static inline u8x16 smaller(u8x16 a, u8x16 b) {
    return (u8x16)EITHER(wasm_u8x16_min, _mm_min_epu8)((vector)a, (vector)b);
}
static inline i32x4 dot(i16x8 a, i16x8 b) {
    return (i32x4)EITHER(wasm_i32x4_dot_i16x8, _mm_madd_epi16)((vector)a, (vector)b);
}
static inline uint32_t high_bits(u8x16 a) {
    return (uint32_t)EITHER(wasm_i8x16_bitmask, _mm_movemask_epi8)((vector)a);
}

#endif
