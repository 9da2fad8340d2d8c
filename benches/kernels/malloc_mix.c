// Allocation: malloc, realloc, calloc and free in a random mix of sizes and lifetimes, with each block written and read. Uses the C library's
// allocator as is: glibc's natively, wasi-libc's (dlmalloc) in wasm.
#define DEFAULT_SIZE 3000000
#include "kernel.h"

enum { SLOTS = 4096 };

static NOINLINE uint64_t kernel(uint32_t n) {
    static uint8_t *blocks[SLOTS];
    static uint32_t sizes[SLOTS];
    uint32_t seed = 1234;
    uint64_t hash = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t r = next_random(&seed), slot = r % SLOTS;
        uint32_t size = r >> 12 & 15 ? 8 + (r >> 16 & 127) : 256 + (r >> 16 & 4095);
        if (blocks[slot] && (r & 0x7000) == 0) {
            blocks[slot] = realloc(blocks[slot], size);
            if (!blocks[slot])
                return 0;
            if (size > sizes[slot])
                blocks[slot][size - 1] = (uint8_t)i;
        } else if (blocks[slot]) {
            hash = mix(hash, blocks[slot][0] + sizes[slot]);
            free(blocks[slot]);
            blocks[slot] = NULL;
            continue;
        } else {
            blocks[slot] = r & 0x8000 ? calloc(size, 1) : malloc(size);
            if (!blocks[slot])
                return 0;
            blocks[slot][size - 1] = (uint8_t)i;
        }
        blocks[slot][0] = (uint8_t)r;
        sizes[slot] = size;
    }
    for (uint32_t slot = 0; slot < SLOTS; slot++)
        free(blocks[slot]);
    return hash;
}
