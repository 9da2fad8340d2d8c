// Recursion as deep as the argument says: ends well within `--max-stack`, traps beyond it.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

// No C stack: the depth is limited by the machine's stack alone.
__attribute__((noinline)) static uint64_t descend(uint64_t depth, uint64_t sum) {
    if (depth == 0)
        return sum;
    uint64_t below = descend(depth - 1, sum + depth);
    __asm__ volatile("" : : : "memory"); // not a tail call
    return below ^ depth;
}

__attribute__((noinline)) static int ackermann(int m, int n) {
    return m == 0 ? n + 1 : ackermann(m - 1, n == 0 ? 1 : ackermann(m, n - 1));
}

int main(int argc, char **argv) {
    uint64_t depth = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000;
    printf("ackermann %d\n", ackermann(2, 300));
    fflush(stdout);
    printf("descend %llu\n", (unsigned long long)descend(depth, 0));
    return 0;
}
