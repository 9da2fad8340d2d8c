// Hundreds of thousands of allocations of mixed sizes, each checked for what was written to it.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void) {
    enum { SLOTS = 4096, ROUNDS = 400000 };
    static unsigned char *slots[SLOTS];
    static uint32_t sizes[SLOTS];
    uint32_t state = 1, live = 0, peak = 0;
    for (int round = 0; round < ROUNDS; round++) {
        state = state * 1664525 + 1013904223;
        uint32_t slot = (state >> 8) % SLOTS, size = 1 + (state >> 4) % 700;
        if (slots[slot]) {
            unsigned char mark = slot;
            if (slots[slot][0] != mark || slots[slot][sizes[slot] - 1] != mark)
                return printf("slot %u damaged in round %d\n", slot, round), 1;
            live -= sizes[slot];
            if (state & 64) {
                free(slots[slot]);
                slots[slot] = NULL;
                continue;
            }
            slots[slot] = realloc(slots[slot], size);
        } else {
            slots[slot] = malloc(size);
        }
        memset(slots[slot], (int)slot, size);
        sizes[slot] = size;
        live += size;
        if (live > peak)
            peak = live;
    }
    for (int slot = 0; slot < SLOTS; slot++)
        free(slots[slot]);
    printf("peak %u bytes, %u live at the end\n", peak, live);

    unsigned char *zeroed = calloc(1000, 1000);
    unsigned sum = 0;
    for (int i = 0; i < 1000000; i++)
        sum += zeroed[i];
    printf("calloc sum %u\n", sum);
    void *aligned = NULL;
    posix_memalign(&aligned, 4096, 100);
    printf("aligned %d\n", (uintptr_t)aligned % 4096 == 0);
    return 0;
}
