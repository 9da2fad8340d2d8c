// Hash table: open addressing with 64-bit keys and string keys, growing, with look-ups that hit and miss.
#define DEFAULT_SIZE 400000
#include "kernel.h"

typedef struct {
    uint64_t key;
    uint32_t value, used;
} Slot;

typedef struct {
    Slot *slots;
    uint32_t mask, count;
} Table;

static inline uint32_t spread(uint64_t key) {
    key ^= key >> 33;
    key *= 0xff51afd7ed558ccdu;
    return (uint32_t)(key >> 32);
}

static Slot *probe(const Table *table, uint64_t key) {
    uint32_t at = spread(key) & table->mask;
    while (table->slots[at].used && table->slots[at].key != key)
        at = (at + 1) & table->mask;
    return &table->slots[at];
}

static void start(Table *table, uint32_t capacity) {
    table->slots = calloc(capacity, sizeof(Slot));
    if (!table->slots)
        exit(2);
    table->mask = capacity - 1;
    table->count = 0;
}

static NOINLINE uint32_t *entry(Table *table, uint64_t key) {
    if (table->count * 4 >= (table->mask + 1) * 3) {
        Table larger;
        start(&larger, 2 * (table->mask + 1));
        for (uint32_t i = 0; i <= table->mask; i++)
            if (table->slots[i].used)
                *probe(&larger, table->slots[i].key) = table->slots[i];
        larger.count = table->count;
        free(table->slots);
        *table = larger;
    }
    Slot *slot = probe(table, key);
    if (!slot->used) {
        *slot = (Slot){key, 0, 1};
        table->count++;
    }
    return &slot->value;
}

static NOINLINE uint64_t hash_string(const char *text) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (; *text; text++)
        hash = mix(hash, (uint8_t)*text);
    return hash;
}

static NOINLINE uint64_t kernel(uint32_t n) {
    Table table;
    start(&table, 16);
    uint32_t seed = 13, hits = 0;
    for (uint32_t i = 0; i < 3 * n; i++)
        *entry(&table, (uint64_t)(next_random(&seed) % n) * 0x10001) += i;
    for (uint32_t i = 0; i < 4 * n; i++) {
        const Slot *slot = probe(&table, (uint64_t)(next_random(&seed) % (2 * n)) * 0x10001);
        hits += slot->used ? slot->value & 7 : 0;
    }
    uint64_t hash = mix(hits, table.count);
    for (uint32_t i = 0; i < n; i++) {
        char word[12];
        uint32_t r = next_random(&seed) % 5000;
        int length = 0;
        for (; r; r /= 7)
            word[length++] = (char)('a' + r % 7);
        word[length] = 0;
        hash = mix(hash, ++*entry(&table, hash_string(word)));
    }
    free(table.slots);
    return hash;
}
