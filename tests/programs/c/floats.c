// flags: -mnontrapping-fptoint
// Floating point down to the last bit: rounding, special values, conversions, the mathematical functions.
#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static uint64_t bits(double value) {
    uint64_t result;
    if (isnan(value))
        value = NAN; // which NaN an operation gives is not specified
    memcpy(&result, &value, 8);
    return result;
}

int main(void) {
    volatile double values[] = {0.0, -0.0, 0.5, -0.5, 1.5, 2.5, -2.5, 1e-310, 4503599627370497.5, 1e300, -1e300, INFINITY, -INFINITY, NAN};
    enum { COUNT = sizeof values / sizeof *values };
    uint64_t hash = 0xcbf29ce484222325;
#define MIX(value) (hash = (hash ^ (value)) * 0x100000001b3)
    for (int i = 0; i < COUNT; i++) {
        double a = values[i];
        printf("%g: floor %g ceil %g trunc %g nearest %g sqrt %g abs %g\n", a, floor(a), ceil(a), trunc(a), rint(a),
               isnan(sqrt(a)) ? NAN : sqrt(a), fabs(a));
        for (int j = 0; j < COUNT; j++) {
            double b = values[j];
            MIX(bits(a + b)), MIX(bits(a - b)), MIX(bits(a * b)), MIX(bits(a / b)), MIX(bits(copysign(a, b)));
            MIX(bits(__builtin_wasm_min_f64(a, b))), MIX(bits(__builtin_wasm_max_f64(a, b)));
            MIX(a < b), MIX(a <= b), MIX(a == b), MIX(a != b);
            float c = (float)a, d = (float)b;
            MIX(bits(c + d)), MIX(bits(c * d)), MIX(bits(c / d)), MIX(bits(__builtin_wasm_min_f32(c, d)));
        }
        MIX((uint64_t)__builtin_wasm_trunc_saturate_s_i32_f64(a)), MIX(__builtin_wasm_trunc_saturate_u_i64_f64(a));
        MIX(bits((float)a));
    }
    printf("%016" PRIx64 "\n", hash);
    volatile uint64_t large = UINT64_MAX, halfway = (UINT64_C(1) << 53) + 1;
    printf("%a %a %a %a\n", (double)large, (double)halfway, (float)large, (double)(float)(int64_t)halfway);
    printf("%a %a %a\n", sin(1.0), cos(1e6), tan(-2.0));
    printf("%a %a %a\n", exp(1.0), log(10.0), pow(2.0, 0.5));
    printf("%a %a %a\n", atan2(1.0, -1.0), hypot(3.0, 4.0), cbrt(-27.0));
    printf("%a %a %a\n", fmod(-7.5, 2.0), remainder(7.5, 2.0), fma(0.1, 10.0, -1.0));
    printf("%a %a\n", (double)sinf(0.5f), (double)expf(2.0f));
    return 0;
}
