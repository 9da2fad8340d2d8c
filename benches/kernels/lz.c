// Compression: a greedy LZ77 coder with hash chains, and its decoder, over text with repeated words.
#define DEFAULT_SIZE 1500000
#include "kernel.h"

enum { HASH_BITS = 15, WINDOW = 1 << 16, MIN_MATCH = 4, MAX_MATCH = 259, MAX_CHAIN = 16 };

static uint32_t heads[1 << HASH_BITS], previous[WINDOW];

static void make_text(uint8_t *text, uint32_t n) {
    static const char *const words[] = {"memory", "table",  "global", "import ", "export", "function", "instance", "module",  "trap",
                                        "offset", "segment", "vector", "block",  "branch", "operand",  "frame",    "linear", "limit"};
    uint32_t seed = 12345, at = 0;
    while (at < n) {
        uint32_t r = next_random(&seed);
        const char *word = words[r % 18];
        while (*word && at < n)
            text[at++] = (uint8_t)*word++;
        if (at < n)
            text[at++] = r >> 8 & 7 ? ' ' : (uint8_t)('0' + (r >> 16) % 10);
    }
}

static inline uint32_t load32(const uint8_t *p) {
    uint32_t value;
    memcpy(&value, p, sizeof value);
    return value;
}

static inline uint32_t hash_at(const uint8_t *p) {
    return load32(p) * 2654435761u >> (32 - HASH_BITS);
}

// Output: 0 length-1 literals… | length-3 distance(2 bytes).
static NOINLINE uint32_t compress(const uint8_t *in, uint32_t n, uint8_t *out) {
    uint32_t written = 0, literal_start = 0, at = 0;
    memset(heads, 0xff, sizeof heads);
    while (at + MIN_MATCH <= n) {
        uint32_t best = 0, best_at = 0, hash = hash_at(in + at);
        uint32_t candidate = heads[hash];
        for (int chain = 0; chain < MAX_CHAIN && candidate != UINT32_MAX && at - candidate < WINDOW; chain++) {
            uint32_t limit = n - at < MAX_MATCH - 1 ? n - at : MAX_MATCH - 1, length = 0;
            while (length < limit && in[candidate + length] == in[at + length])
                length++;
            if (length > best) {
                best = length;
                best_at = candidate;
            }
            candidate = previous[candidate % WINDOW];
        }
        uint32_t advance = best >= MIN_MATCH ? best : 1;
        if (best >= MIN_MATCH || at - literal_start == 255) {
            uint32_t literals = at - literal_start;
            if (literals) {
                out[written++] = 0;
                out[written++] = (uint8_t)(literals - 1);
                memcpy(out + written, in + literal_start, literals);
                written += literals;
            }
            literal_start = at;
        }
        if (best >= MIN_MATCH) {
            out[written++] = (uint8_t)(best - 3);
            out[written++] = (uint8_t)(at - best_at);
            out[written++] = (uint8_t)((at - best_at) >> 8);
            literal_start = at + best;
        }
        for (uint32_t i = 0; i < advance && at + MIN_MATCH <= n; i++, at++) {
            uint32_t slot = hash_at(in + at);
            previous[at % WINDOW] = heads[slot];
            heads[slot] = at;
        }
        if (at + MIN_MATCH > n && best >= MIN_MATCH)
            at = literal_start;
    }
    for (at = literal_start; at < n; at++) {
        out[written++] = 0;
        out[written++] = 0;
        out[written++] = in[at];
    }
    return written;
}

static NOINLINE uint32_t decompress(const uint8_t *in, uint32_t n, uint8_t *out) {
    uint32_t at = 0, written = 0;
    while (at < n) {
        uint32_t tag = in[at++];
        if (tag == 0) {
            uint32_t literals = in[at++] + 1u;
            for (uint32_t i = 0; i < literals; i++)
                out[written++] = in[at++];
        } else {
            uint32_t distance = in[at] | (uint32_t)in[at + 1] << 8;
            at += 2;
            for (uint32_t i = 0; i < tag + 3; i++, written++)
                out[written] = out[written - distance];
        }
    }
    return written;
}

static NOINLINE uint64_t kernel(uint32_t n) {
    uint8_t *text = allocate(n), *packed = allocate(3 * (size_t)n), *unpacked = allocate(n + 512);
    make_text(text, n);
    uint64_t hash = 0;
    uint32_t size = compress(text, n, packed);
    for (int pass = 0; pass < 20; pass++)
        hash = mix(hash, decompress(packed, size, unpacked));
    for (uint32_t i = 0; i < size; i++)
        hash = mix(hash, packed[i]);
    if (memcmp(text, unpacked, n) != 0)
        hash = 0;
    free(text);
    free(packed);
    free(unpacked);
    return hash;
}
