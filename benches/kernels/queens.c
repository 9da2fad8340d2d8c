// Recursion with backtracking: n queens by an array of columns with a conflict scan, and by bit masks.
#define DEFAULT_SIZE 11
#include "kernel.h"

static int columns[16];

static int conflicts(int row, int column) {
    for (int above = 0; above < row; above++) {
        int distance = columns[above] - column;
        if (distance == 0 || distance == row - above || distance == above - row)
            return 1;
    }
    return 0;
}

static NOINLINE uint32_t place(int row, int n) {
    if (row == n)
        return 1;
    uint32_t solutions = 0;
    for (int column = 0; column < n; column++) {
        if (!conflicts(row, column)) {
            columns[row] = column;
            solutions += place(row + 1, n);
        }
    }
    return solutions;
}

static NOINLINE uint32_t place_bits(uint32_t all, uint32_t taken, uint32_t left, uint32_t right) {
    if (taken == all)
        return 1;
    uint32_t solutions = 0;
    for (uint32_t open = all & ~(taken | left | right); open; open &= open - 1) {
        uint32_t bit = open & -open;
        solutions += place_bits(all, taken | bit, (left | bit) << 1, (right | bit) >> 1);
    }
    return solutions;
}

static NOINLINE uint64_t kernel(uint32_t n) {
    uint64_t hash = 0;
    for (int pass = 0; pass < 6; pass++)
        hash = mix(hash, place(0, (int)n));
    return mix(hash, place_bits((1u << (n + 2)) - 1, 0, 0, 0));
}
