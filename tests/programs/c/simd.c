// flags: -msimd128
// 128-bit vectors through the intrinsics: integer and float lanes, shuffles, comparisons, saturation, conversions.
#include <stdint.h>
#include <stdio.h>
#include <wasm_simd128.h>

static void show(const char *what, v128_t value) {
    uint8_t bytes[16];
    wasm_v128_store(bytes, value);
    printf("%-22s ", what);
    for (int i = 15; i >= 0; i--)
        printf("%02x%s", bytes[i], i && i % 4 == 0 ? " " : "");
    puts("");
}

#define SHOW(expression) show(#expression, wasm_##expression)

int main(void) {
    volatile int32_t one = 1; // keeps the compiler from folding everything
    v128_t a = wasm_i32x4_make(one, -2, 0x7fffffff, one << 31);
    v128_t b = wasm_u8x16_make(1, 2, 3, 4, 5, 6, 7, 8, 9, 250, 251, 252, 253, 254, 255, (uint8_t)(127 + one));
    v128_t x = wasm_f32x4_make(1.5f * one, -2.5f, 1e10f, -0.0f), y = wasm_f64x2_make(-3.75 * one, 1e300);
    SHOW(i8x16_add(a, b)), SHOW(i8x16_add_sat(a, b)), SHOW(u8x16_sub_sat(a, b)), SHOW(u8x16_avgr(a, b));
    SHOW(i16x8_mul(a, b)), SHOW(i16x8_q15mulr_sat(a, b)), SHOW(i32x4_mul(a, b)), SHOW(i64x2_mul(a, b));
    SHOW(i32x4_dot_i16x8(a, b)), SHOW(i16x8_extmul_low_i8x16(a, b)), SHOW(u32x4_extadd_pairwise_u16x8(b));
    SHOW(i8x16_swizzle(a, b)), SHOW(i8x16_shuffle(a, b, 0, 17, 2, 19, 4, 21, 6, 23, 31, 30, 29, 28, 3, 2, 1, 0));
    SHOW(i8x16_narrow_i16x8(a, b)), SHOW(u16x8_narrow_i32x4(a, b)), SHOW(i32x4_extend_high_i16x8(b));
    SHOW(i8x16_shl(b, 3 + one)), SHOW(i16x8_shr(b, 3)), SHOW(u32x4_shr(a, 33)), SHOW(i64x2_shr(a, 7));
    SHOW(i8x16_eq(a, b)), SHOW(u16x8_lt(a, b)), SHOW(i64x2_gt(a, b)), SHOW(f32x4_le(x, x)), SHOW(f64x2_ne(y, y));
    SHOW(v128_bitselect(a, b, x)), SHOW(v128_andnot(a, b)), SHOW(i8x16_popcnt(b)), SHOW(i32x4_abs(a));
    SHOW(i8x16_min(a, b)), SHOW(u8x16_max(a, b)), SHOW(f32x4_min(x, wasm_f32x4_splat(0.0f)));
    SHOW(f32x4_pmax(x, wasm_f32x4_splat(0.0f))), SHOW(f32x4_sqrt(wasm_f32x4_abs(x))), SHOW(f32x4_nearest(x));
    SHOW(f64x2_div(y, wasm_f64x2_splat(3))), SHOW(f64x2_ceil(y)), SHOW(f32x4_demote_f64x2_zero(y));
    SHOW(f64x2_promote_low_f32x4(x)), SHOW(i32x4_trunc_sat_f32x4(x)), SHOW(u32x4_trunc_sat_f64x2_zero(y));
    SHOW(f32x4_convert_u32x4(a)), SHOW(f64x2_convert_low_i32x4(a)), SHOW(i32x4_replace_lane(a, 2, 9));
    printf("%d %d %x %x %d\n", wasm_v128_any_true(a), wasm_i8x16_all_true(b), wasm_i8x16_bitmask(b),
           wasm_i32x4_bitmask(a), wasm_u8x16_extract_lane(b, 9));

    float left[64], right[64];
    for (int i = 0; i < 64; i++)
        left[i] = 0.5f * i, right[i] = 64 - i;
    v128_t sum = wasm_f32x4_splat(0);
    for (int i = 0; i < 64; i += 4)
        sum = wasm_f32x4_add(sum, wasm_f32x4_mul(wasm_v128_load(left + i), wasm_v128_load(right + i)));
    printf("%g\n", wasm_f32x4_extract_lane(sum, 0) + wasm_f32x4_extract_lane(sum, 1) +
                       wasm_f32x4_extract_lane(sum, 2) + wasm_f32x4_extract_lane(sum, 3));
    SHOW(v128_load8_splat(&b)), SHOW(v128_load32_zero(&b)), SHOW(i16x8_load8x8(&b)), SHOW(v128_load16_lane(&a, b, 5));
    return 0;
}
