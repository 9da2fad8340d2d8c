// flags: -mtail-call
// Mutual recursion ten million calls deep through guaranteed tail calls, direct and indirect.
#include <stdint.h>
#include <stdio.h>

static int even(uint32_t n);

__attribute__((noinline)) static int odd(uint32_t n) {
    if (n == 0)
        return 0;
    __attribute__((musttail)) return even(n - 1);
}

__attribute__((noinline)) static int even(uint32_t n) {
    if (n == 0)
        return 1;
    __attribute__((musttail)) return odd(n - 1);
}

typedef uint64_t step(const uint8_t *, uint64_t, uint64_t);
static step add, subtract, rotate, stop;
static step *const steps[] = {stop, add, subtract, rotate};

#define NEXT                                                                                                           \
    code++;                                                                                                            \
    __attribute__((musttail)) return steps[*code](code, value, count + 1)

__attribute__((noinline)) static uint64_t add(const uint8_t *code, uint64_t value, uint64_t count) {
    value += 0x123456789abcdef;
    NEXT;
}

__attribute__((noinline)) static uint64_t subtract(const uint8_t *code, uint64_t value, uint64_t count) {
    value -= 12345;
    NEXT;
}

__attribute__((noinline)) static uint64_t rotate(const uint8_t *code, uint64_t value, uint64_t count) {
    value = value << 13 | value >> 51;
    NEXT;
}

__attribute__((noinline)) static uint64_t stop(const uint8_t *code, uint64_t value, uint64_t count) {
    return value ^ count;
}

int main(void) {
    printf("%d %d\n", even(10000000), odd(9999998));
    static uint8_t code[1000001];
    for (int i = 0; i < 1000000; i++)
        code[i] = 1 + i % 3;
    printf("%016llx\n", (unsigned long long)steps[code[0]](code, 1, 0));
    return 0;
}
