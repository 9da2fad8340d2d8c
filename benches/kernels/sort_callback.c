// Quicksort with a comparison callback on records, as qsort(3) users write it; the sort itself is ours, so that all engines run the same one.
#define DEFAULT_SIZE 250000
#include "kernel.h"

typedef struct {
    uint32_t id;
    int32_t rank;
    double weight;
} Record;

typedef int (*Compare)(const void *, const void *);

static int by_id(const void *a, const void *b) {
    uint32_t x = ((const Record *)a)->id, y = ((const Record *)b)->id;
    return (x > y) - (x < y);
}

static int by_rank(const void *a, const void *b) {
    int32_t x = ((const Record *)a)->rank, y = ((const Record *)b)->rank;
    return x != y ? (x > y) - (x < y) : by_id(a, b);
}

static int by_weight(const void *a, const void *b) {
    double x = ((const Record *)a)->weight, y = ((const Record *)b)->weight;
    return x != y ? (x < y) - (x > y) : by_id(a, b);
}

static void swap(char *a, char *b, size_t size) {
    for (size_t i = 0; i < size; i += 8) {
        uint64_t x, y;
        memcpy(&x, a + i, 8);
        memcpy(&y, b + i, 8);
        memcpy(a + i, &y, 8);
        memcpy(b + i, &x, 8);
    }
}

// Sorts elements [low, high]; `size` is a multiple of eight.
static NOINLINE void quick_sort(char *base, long low, long high, size_t size, Compare compare) {
    while (low < high) {
        swap(base + (size_t)low * size, base + (size_t)(low + (high - low) / 2) * size, size);
        char *pivot = base + (size_t)low * size;
        long last = low;
        for (long i = low + 1; i <= high; i++)
            if (compare(base + (size_t)i * size, pivot) < 0)
                swap(base + (size_t)++last * size, base + (size_t)i * size, size);
        swap(pivot, base + (size_t)last * size, size);
        if (last - low < high - last) {
            quick_sort(base, low, last - 1, size, compare);
            low = last + 1;
        } else {
            quick_sort(base, last + 1, high, size, compare);
            high = last - 1;
        }
    }
}

static NOINLINE uint64_t kernel(uint32_t n) {
    Record *records = allocate(n * sizeof *records);
    uint32_t seed = 77;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t r = next_random(&seed);
        records[i] = (Record){i, (int32_t)(r >> 4), (double)(r & 0xffff) / 7.0 + i * 1e-7};
    }
    static const Compare orders[] = {by_rank, by_weight, by_id};
    uint64_t hash = 0;
    for (uint32_t i = 0; i < 3; i++) {
        quick_sort((char *)records, 0, (long)n - 1, sizeof *records, orders[(i + n) % 3]);
        for (uint32_t at = 0; at < n; at += 101)
            hash = mix(hash, records[at].id);
    }
    free(records);
    return hash;
}
