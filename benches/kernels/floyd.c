// Matrix of integers: all shortest paths (Floyd, Warshall) over an adjacency matrix.
#define DEFAULT_SIZE 560
#include "kernel.h"

static NOINLINE void shortest_paths(int32_t *distance, uint32_t n) {
    for (uint32_t via = 0; via < n; via++)
        for (uint32_t from = 0; from < n; from++)
            for (uint32_t to = 0; to < n; to++) {
                int32_t through = distance[from * n + via] + distance[via * n + to];
                if (through < distance[from * n + to])
                    distance[from * n + to] = through;
            }
}

static NOINLINE uint64_t kernel(uint32_t n) {
    int32_t *distance = allocate((size_t)n * n * sizeof *distance);
    uint32_t seed = 3;
    for (uint32_t i = 0; i < n * n; i++) {
        uint32_t r = next_random(&seed);
        distance[i] = r % 8 ? 1000000 : (int32_t)(r >> 8 & 1023) + 1;
    }
    shortest_paths(distance, n);
    uint64_t hash = 0;
    for (uint32_t i = 0; i < n * n; i++)
        hash = mix(hash, (uint32_t)distance[i]);
    free(distance);
    return hash;
}
