// Sorting: hand-written quicksort, heap sort, radix sort and shell sort of 32-bit integers.
#define DEFAULT_SIZE 500000
#include "kernel.h"

static NOINLINE void quick_sort(int32_t *a, int32_t low, int32_t high) {
    while (high - low > 16) {
        int32_t i = low, j = high, pivot = a[low + (high - low) / 2];
        while (i <= j) {
            while (a[i] < pivot)
                i++;
            while (a[j] > pivot)
                j--;
            if (i <= j) {
                int32_t held = a[i];
                a[i++] = a[j];
                a[j--] = held;
            }
        }
        quick_sort(a, low, j);
        low = i;
    }
    for (int32_t i = low + 1; i <= high; i++) {
        int32_t value = a[i], j = i - 1;
        for (; j >= low && a[j] > value; j--)
            a[j + 1] = a[j];
        a[j + 1] = value;
    }
}

static void sift_down(int32_t *a, uint32_t at, uint32_t n) {
    int32_t value = a[at];
    for (uint32_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && a[child + 1] > a[child])
            child++;
        if (a[child] <= value)
            break;
        a[at] = a[child];
    }
    a[at] = value;
}

static NOINLINE void heap_sort(int32_t *a, uint32_t n) {
    for (uint32_t i = n / 2; i-- > 0;)
        sift_down(a, i, n);
    for (uint32_t end = n - 1; end > 0; end--) {
        int32_t held = a[0];
        a[0] = a[end];
        a[end] = held;
        sift_down(a, 0, end);
    }
}

static NOINLINE void radix_sort(uint32_t *a, uint32_t *spare, uint32_t n) {
    for (uint32_t shift = 0; shift < 32; shift += 8) {
        uint32_t starts[257] = {0};
        for (uint32_t i = 0; i < n; i++)
            starts[(a[i] >> shift & 255) + 1]++;
        for (uint32_t digit = 0; digit < 256; digit++)
            starts[digit + 1] += starts[digit];
        for (uint32_t i = 0; i < n; i++)
            spare[starts[a[i] >> shift & 255]++] = a[i];
        uint32_t *held = a;
        a = spare;
        spare = held;
    }
}

static NOINLINE void shell_sort(int32_t *a, uint32_t n) {
    for (uint32_t gap = n / 2; gap > 0; gap = gap == 2 ? 1 : gap * 5 / 11) {
        for (uint32_t i = gap; i < n; i++) {
            int32_t value = a[i];
            uint32_t j = i;
            for (; j >= gap && a[j - gap] > value; j -= gap)
                a[j] = a[j - gap];
            a[j] = value;
        }
    }
}

static uint64_t check(const int32_t *a, uint32_t n, uint64_t hash) {
    for (uint32_t i = 0; i < n; i += 97)
        hash = mix(hash, (uint32_t)a[i]);
    for (uint32_t i = 1; i < n; i++)
        if (a[i - 1] > a[i])
            return 0;
    return hash;
}

static NOINLINE uint64_t kernel(uint32_t n) {
    int32_t *source = allocate(n * sizeof *source), *a = allocate(n * sizeof *a), *spare = allocate(n * sizeof *spare);
    uint32_t seed = 5;
    // Non-negative, so that the unsigned radix sort gives the same order as the others.
    for (uint32_t i = 0; i < n; i++)
        source[i] = (int32_t)(next_random(&seed) >> 1);
    uint64_t hash = 1;
    memcpy(a, source, n * sizeof *a);
    quick_sort(a, 0, (int32_t)n - 1);
    hash = check(a, n, hash);
    memcpy(a, source, n * sizeof *a);
    heap_sort(a, n);
    hash = check(a, n, hash);
    memcpy(a, source, n * sizeof *a);
    shell_sort(a, n);
    hash = check(a, n, hash);
    for (int pass = 0; pass < 4; pass++) {
        memcpy(a, source, n * sizeof *a);
        radix_sort((uint32_t *)a, (uint32_t *)spare, n);
        hash = check(a, n, hash);
    }
    free(source);
    free(a);
    free(spare);
    return hash;
}
