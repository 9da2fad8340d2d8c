// Traps in the way the first argument names. What was written before must arrive.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Hidden from the optimiser, so that the instruction is really executed.
#define HIDE(value) ({ __typeof__(value) hidden = (value); __asm__("" : "+r"(hidden)); hidden; })

typedef int (*function)(int);
typedef double (*other)(double, double);

static double area(double a, double b) {
    return a * b;
}

__attribute__((noinline)) static int load(uint32_t address) {
    return *(volatile int *)(uintptr_t)address;
}

__attribute__((noinline)) static void store(uint32_t address) {
    *(volatile char *)(uintptr_t)address = 1;
}

__attribute__((noinline)) static void crash(const char *kind) {
    if (!strcmp(kind, "abort"))
        abort();
    if (!strcmp(kind, "unreachable"))
        __builtin_trap();
    if (!strcmp(kind, "load"))
        printf("%d\n", load(0xfffffff0));
    if (!strcmp(kind, "load-last"))
        printf("%d\n", load((uint32_t)__builtin_wasm_memory_size(0) * 65536 - 3));
    if (!strcmp(kind, "load-unused")) {
        // The value is dropped; the trap must happen all the same.
        __asm__ volatile("local.get %0\ni32.load 0\ndrop" : : "r"(0xffff0000u));
    }
    if (!strcmp(kind, "store"))
        store(0x80000000);
    if (!strcmp(kind, "divide"))
        printf("%d\n", HIDE(1) / HIDE(0));
    if (!strcmp(kind, "remainder"))
        printf("%lld\n", HIDE(1LL) % HIDE(0LL));
    if (!strcmp(kind, "overflow"))
        printf("%d\n", HIDE(INT32_MIN) / HIDE(-1));
    if (!strcmp(kind, "null"))
        printf("%d\n", HIDE((function)0)(1));
    if (!strcmp(kind, "undefined"))
        printf("%d\n", HIDE((function)12345)(1));
    if (!strcmp(kind, "mismatch"))
        printf("%d\n", ((function)HIDE((other)area))(1));
    printf("survived %s\n", kind);
}

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        printf("about to %s\n", argv[i]);
        fflush(stdout);
        crash(argv[i]);
    }
    return 0;
}
