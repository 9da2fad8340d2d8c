// Large initialised data, data behind a large gap of zeros, and relocated pointers inside data.
#include <stdint.h>
#include <stdio.h>

#define N4(n) (n), (n) + 1, (n) + 2, (n) + 3
#define N16(n) N4(n), N4((n) + 4), N4((n) + 8), N4((n) + 12)
#define N64(n) N16(n), N16((n) + 16), N16((n) + 32), N16((n) + 48)
#define N256(n) N64(n), N64((n) + 64), N64((n) + 128), N64((n) + 192)
#define N1024(n) N256(n), N256((n) + 256), N256((n) + 512), N256((n) + 768)
#define N4096(n) N1024(n), N1024((n) + 1024), N1024((n) + 2048), N1024((n) + 3072)

static uint32_t table[] = {N4096(0), N4096(4096), N4096(8192), N4096(12288)};
static uint8_t zeros[3 << 20];
static const char *const words[] = {"alpha", "beta", "gamma", "delta"};
static uint8_t sparse[20000] = {[0] = 1, [10000] = 2, [19999] = 3};

int main(void) {
    uint64_t sum = 0;
    for (uint32_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (table[i] != i)
            return printf("table[%u] is %u\n", i, table[i]), 1;
        sum += table[i] * (uint64_t)i;
    }
    uint32_t dirty = 0;
    for (uint32_t i = 0; i < sizeof zeros; i++)
        dirty += zeros[i];
    for (uint32_t i = 0; i < sizeof sparse; i++)
        dirty += sparse[i];
    table[5] = 7; // the image is a private copy
    printf("%llu %u %u\n", (unsigned long long)sum, dirty, table[5]);
    for (int i = 0; i < 4; i++)
        printf("%s ", words[i]);
    puts("");
    return 0;
}
