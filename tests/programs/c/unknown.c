// Imports functions that nobody provides; calls one only when asked to.
#include <stdio.h>
#include <string.h>

__attribute__((import_module("env"), import_name("host_add"))) int host_add(int, int);
__attribute__((import_module("other module"), import_name("frobnicate"))) double frobnicate(float, long long);

int main(int argc, char **argv) {
    puts("started");
    fflush(stdout);
    if (argc > 1 && !strcmp(argv[1], "add"))
        printf("%d\n", host_add(1, 2));
    if (argc > 1 && !strcmp(argv[1], "frobnicate"))
        printf("%g\n", frobnicate(1, 2));
    puts("finished");
    return 0;
}
