// Formatting of integers, floating-point numbers and text, and reading them back.
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static int sum(int count, ...) {
    va_list arguments;
    int total = 0;
    va_start(arguments, count);
    for (int i = 0; i < count; i++)
        total += i % 2 ? (int)va_arg(arguments, double) : va_arg(arguments, int);
    va_end(arguments);
    return total;
}

int main(void) {
    printf("[%d] [%5d] [%-5d] [%05d] [%+d] [%x] [%#X] [%o]\n", 42, 42, 42, 42, 42, 0xbeef, 0xbeef, 8);
    printf("%" PRId64 " %" PRIu64 " %" PRId64 "\n", INT64_MIN, UINT64_MAX, INT64_MAX);
    printf("%f %.0f %.10f %8.3f|%-8.1f|\n", 3.14159265358979, 2.5, 0.1, -1.0 / 3, 99.95);
    printf("%e %E %g %g %g %G\n", 12345.678, 0.00012, 1e-5, 1e20, 100000.0, 1e-300);
    printf("%a %a %a\n", 1.0, 0.1, -DBL_MIN);
    printf("%.17g %.17g %.9g\n", 0.1, 1e23, (double)16777217.0f);
    printf("%g %g %g %g\n", INFINITY, -INFINITY, NAN, -0.0);
    printf("%g %g\n", DBL_MAX, DBL_TRUE_MIN);
    printf("[%s] [%10s] [%-10s] [%.3s] [%c] %%\n", "text", "right", "left", "truncated", 'c');
    printf("%d\n", sum(5, 1, 2.5, 3, 4.5, 5));

    char buffer[8];
    int length = snprintf(buffer, sizeof buffer, "%s", "longer than the buffer");
    printf("%d [%s]\n", length, buffer);

    double number;
    int integer;
    char word[16];
    int fields = sscanf("-17 6.02214076e23 mole rest", "%d %lf %15s", &integer, &number, word);
    printf("%d: %d %.8e %s\n", fields, integer, number, word);
    printf("%.17g %.17g %ld\n", strtod("0x1.8p3", NULL), strtod("2.2250738585072011e-308", NULL), strtol("-0777", NULL, 0));
    return 0;
}
