// poll(2) on standard input and output with and without a timeout.
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int main(void) {
    struct pollfd output = {.fd = 1, .events = POLLOUT};
    printf("output: %d, writable %d\n", poll(&output, 1, 1000), (output.revents & POLLOUT) != 0);
    struct pollfd both[] = {{.fd = 0, .events = POLLIN}, {.fd = 1, .events = POLLOUT}};
    printf("both: at least one %d\n", poll(both, 2, 5000) >= 1);
    char text[64];
    for (;;) {
        struct pollfd input = {.fd = 0, .events = POLLIN};
        int ready = poll(&input, 1, 5000);
        if (ready <= 0)
            return printf("poll: %d %s\n", ready, strerror(errno)), 1;
        ssize_t got = read(0, text, sizeof text);
        if (got <= 0)
            break;
        printf("input: %.*s\n", (int)got, text);
    }
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    int ready = poll(NULL, 0, 30);
    clock_gettime(CLOCK_MONOTONIC, &end);
    double passed = (end.tv_sec - start.tv_sec) * 1e3 + (end.tv_nsec - start.tv_nsec) / 1e6;
    printf("nothing: %d after %s\n", ready, ready < 0 ? strerror(errno) : passed >= 29 ? "the timeout" : "too short a time");
    return 0;
}
