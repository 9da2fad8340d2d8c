// flags: -mbulk-memory
// memory.copy and memory.fill over every alignment, overlap and many lengths, against byte loops.
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { SIZE = 70000 };
static uint8_t actual[SIZE], expected[SIZE];

static int compare(const char *what, uint32_t to, uint32_t from, uint32_t length) {
    for (uint32_t i = 0; i < SIZE; i++)
        if (actual[i] != expected[i])
            return printf("%s(%u, %u, %u): byte %u is %u, not %u\n", what, to, from, length, i, actual[i], expected[i]), 0;
    return 1;
}

// Volatile, so that the loops are not turned into the very instructions under test.
static void slow_move(volatile uint8_t *to, volatile uint8_t *from, uint32_t length) {
    if (to < from)
        for (uint32_t i = 0; i < length; i++)
            to[i] = from[i];
    else
        while (length--)
            to[length] = from[length];
}

static void slow_fill(volatile uint8_t *to, uint8_t value, uint32_t length) {
    while (length--)
        *to++ = value;
}

int main(void) {
    static const uint32_t lengths[] = {0, 1, 2, 3, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 100, 255, 256, 1000, 4097, 30000};
    uint32_t state = 1, cases = 0;
    for (uint32_t i = 0; i < SIZE; i++)
        actual[i] = expected[i] = (uint8_t)(state = state * 1664525 + 1013904223, state >> 24);
    for (uint32_t l = 0; l < sizeof lengths / sizeof *lengths; l++) {
        for (uint32_t offset = 0; offset < 9; offset++) {
            volatile uint32_t length = lengths[l];
            uint32_t from = 1000 + offset * 3, to[] = {1000 + offset, 1000 + offset * 4, 35000 + offset * 5};
            for (int t = 0; t < 3; t++, cases++) {
                memmove(actual + to[t], actual + from, length);
                slow_move(expected + to[t], expected + from, length);
                if (!compare("move", to[t], from, length))
                    return 1;
            }
            memset(actual + from, (int)offset, length);
            slow_fill(expected + from, (uint8_t)offset, length);
            if (!compare("fill", from, offset, length))
                return 1;
            cases++;
        }
    }
    printf("%u cases agree\n", cases);
    return 0;
}
