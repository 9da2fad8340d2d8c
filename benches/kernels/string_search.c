// String search: naive, Knuth-Morris-Pratt, Horspool and Rabin-Karp over the same text and needles.
#define DEFAULT_SIZE 1000000
#include "kernel.h"

static NOINLINE uint32_t naive(const uint8_t *text, uint32_t n, const uint8_t *needle, uint32_t m) {
    uint32_t found = 0;
    for (uint32_t i = 0; i + m <= n; i++) {
        uint32_t j = 0;
        while (j < m && text[i + j] == needle[j])
            j++;
        found += j == m;
    }
    return found;
}

static NOINLINE uint32_t knuth_morris_pratt(const uint8_t *text, uint32_t n, const uint8_t *needle, uint32_t m) {
    uint32_t failure[64] = {0}, found = 0, matched = 0;
    for (uint32_t i = 1; i < m; i++) {
        while (matched && needle[i] != needle[matched])
            matched = failure[matched - 1];
        if (needle[i] == needle[matched])
            matched++;
        failure[i] = matched;
    }
    matched = 0;
    for (uint32_t i = 0; i < n; i++) {
        while (matched && text[i] != needle[matched])
            matched = failure[matched - 1];
        if (text[i] == needle[matched])
            matched++;
        if (matched == m) {
            found++;
            matched = failure[matched - 1];
        }
    }
    return found;
}

static NOINLINE uint32_t horspool(const uint8_t *text, uint32_t n, const uint8_t *needle, uint32_t m) {
    uint32_t skip[256], found = 0;
    for (int i = 0; i < 256; i++)
        skip[i] = m;
    for (uint32_t i = 0; i + 1 < m; i++)
        skip[needle[i]] = m - 1 - i;
    for (uint32_t i = 0; i + m <= n; i += skip[text[i + m - 1]])
        found += memcmp(text + i, needle, m) == 0;
    return found;
}

static NOINLINE uint32_t rabin_karp(const uint8_t *text, uint32_t n, const uint8_t *needle, uint32_t m) {
    uint32_t wanted = 0, rolling = 0, top = 1, found = 0;
    for (uint32_t i = 0; i < m; i++) {
        wanted = wanted * 31 + needle[i];
        rolling = rolling * 31 + text[i];
        if (i)
            top *= 31;
    }
    for (uint32_t i = 0;; i++) {
        if (rolling == wanted && memcmp(text + i, needle, m) == 0)
            found++;
        if (i + m >= n)
            return found;
        rolling = (rolling - text[i] * top) * 31 + text[i + m];
    }
}

static NOINLINE uint64_t kernel(uint32_t n) {
    uint8_t *text = allocate(n);
    uint32_t seed = 4242;
    // A text of few letters, so that partial matches are frequent.
    for (uint32_t i = 0; i < n; i++)
        text[i] = (uint8_t)("aaaabbcd"[next_random(&seed) >> 13 & 7]);
    uint64_t hash = 0;
    for (uint32_t round = 0; round < 12; round++) {
        uint8_t needle[64];
        uint32_t m = 4 + round, from = next_random(&seed) % (n - 64);
        memcpy(needle, text + from, m);
        hash = mix(hash, naive(text, n, needle, m));
        hash = mix(hash, knuth_morris_pratt(text, n, needle, m));
        hash = mix(hash, horspool(text, n, needle, m));
        hash = mix(hash, rabin_karp(text, n, needle, m));
    }
    free(text);
    return hash;
}
