// Cryptography: the ChaCha20 stream cipher (RFC 8439), encrypting a buffer in place.
#define DEFAULT_SIZE 900
#include "kernel.h"

static inline uint32_t rotate(uint32_t x, int by) {
    return x << by | x >> (32 - by);
}

#define QUARTER_ROUND(a, b, c, d)                                                                                                        \
    do {                                                                                                                                 \
        a += b, d = rotate(d ^ a, 16);                                                                                                   \
        c += d, b = rotate(b ^ c, 12);                                                                                                   \
        a += b, d = rotate(d ^ a, 8);                                                                                                    \
        c += d, b = rotate(b ^ c, 7);                                                                                                    \
    } while (0)

// RFC 8439 §2.3: ten double rounds over a copy of the state, then the state added.
static NOINLINE void block(const uint32_t in[16], uint32_t out[16]) {
    uint32_t x[16];
    memcpy(x, in, sizeof x);
    for (int i = 0; i < 10; i++) {
        QUARTER_ROUND(x[0], x[4], x[8], x[12]);
        QUARTER_ROUND(x[1], x[5], x[9], x[13]);
        QUARTER_ROUND(x[2], x[6], x[10], x[14]);
        QUARTER_ROUND(x[3], x[7], x[11], x[15]);
        QUARTER_ROUND(x[0], x[5], x[10], x[15]);
        QUARTER_ROUND(x[1], x[6], x[11], x[12]);
        QUARTER_ROUND(x[2], x[7], x[8], x[13]);
        QUARTER_ROUND(x[3], x[4], x[9], x[14]);
    }
    for (int i = 0; i < 16; i++)
        out[i] = x[i] + in[i];
}

static NOINLINE uint64_t kernel(uint32_t n) {
    enum { WORDS = 16 * 1024 };
    uint32_t *data = allocate(WORDS * sizeof *data);
    for (uint32_t i = 0; i < WORDS; i++)
        data[i] = i * 2654435761u;
    // RFC 8439 §2.3: "expand 32-byte k", the key, the block counter and the nonce.
    uint32_t state[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
    for (uint32_t i = 4; i < 16; i++)
        state[i] = i * 0x9e3779b9u;
    for (uint32_t pass = 0; pass < n; pass++) {
        for (uint32_t at = 0; at < WORDS; at += 16) {
            uint32_t stream[16];
            block(state, stream);
            state[12]++;
            for (int i = 0; i < 16; i++)
                data[at + (uint32_t)i] ^= stream[i];
        }
    }
    uint64_t hash = 0;
    for (uint32_t i = 0; i < WORDS; i++)
        hash = mix(hash, data[i]);
    free(data);
    return hash;
}
