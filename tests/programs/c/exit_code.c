// Ends in the way the first argument names; exit handlers and buffers are honoured.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void farewell(void) {
    puts("exit handler");
}

int main(int argc, char **argv) {
    atexit(farewell);
    printf("before "); // no newline: stays in the buffer until exit
    if (argc < 2)
        return 0;
    int code = argc > 2 ? atoi(argv[2]) : 0;
    if (!strcmp(argv[1], "return"))
        return code;
    if (!strcmp(argv[1], "exit"))
        exit(code);
    if (!strcmp(argv[1], "_exit")) {
        fflush(stdout);
        _exit(code);
    }
    return 99;
}
