// Allocates until there is no more memory, then carries on: `--max-memory` is a limit, not a crash.
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void) {
    enum { BLOCK = 1 << 20 };
    char *blocks[256];
    int count = 0;
    while (count < 256 && (blocks[count] = malloc(BLOCK))) {
        memset(blocks[count], count + 1, BLOCK);
        count++;
    }
    printf("%s after a while: %s\n", count < 256 ? "refused" : "never refused", strerror(errno));
    for (int i = 0; i < count; i++)
        if (blocks[i][0] != (char)(i + 1) || blocks[i][BLOCK - 1] != (char)(i + 1))
            return printf("block %d damaged\n", i), 1;
    printf("%d to %d blocks\n", count / 4 * 4, count / 4 * 4 + 3);
    printf("grow by 65536: %d\n", (int)__builtin_wasm_memory_grow(0, 65536));
    while (__builtin_wasm_memory_grow(0, 1) != SIZE_MAX)
        ;
    printf("at the limit: %zu pages\n", __builtin_wasm_memory_grow(0, 0));
    free(blocks[0]);
    printf("again after free: %s\n", malloc(BLOCK / 2) ? "ok" : "refused");
    return 0;
}
