// Clocks, sleeping and random numbers: checked for sense, since their values differ from run to run.
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int64_t now(clockid_t clock) {
    struct timespec time;
    if (clock_gettime(clock, &time))
        return -1;
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

int main(void) {
    int64_t wall = now(CLOCK_REALTIME), start = now(CLOCK_MONOTONIC), last = start;
    printf("date is sensible: %d\n", wall / 1000000000 > 1700000000 && wall / 1000000000 == time(NULL));
    for (int i = 0; i < 1000; i++) {
        int64_t next = now(CLOCK_MONOTONIC);
        if (next < last)
            return puts("the monotonic clock went back"), 1;
        last = next;
    }
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    int64_t slept = now(CLOCK_MONOTONIC) - last;
    printf("slept long enough: %d, and woke up: %d\n", slept >= 20000000, slept < INT64_C(20000000000));
    struct timespec resolution;
    printf("resolution known: %d\n", clock_getres(CLOCK_MONOTONIC, &resolution) == 0 && resolution.tv_nsec > 0);
    uint8_t one[64] = {0}, two[64] = {0}, none[64] = {0};
    int filled = getentropy(one, 64) == 0 && getentropy(two, 64) == 0;
    printf("random: %d %d %d\n", filled, memcmp(one, two, 64) != 0, memcmp(one, none, 64) != 0);
    time_t fixed = 1000000000;
    char text[64];
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", gmtime(&fixed));
    puts(text);
    return 0;
}
