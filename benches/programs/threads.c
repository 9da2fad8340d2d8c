// Threads: how work scales over one and two of them, and what starting and joining one takes. Native with pthreads; for
// wasm with the small library of the tests, over wasi-threads. Prints nanoseconds, a line each.
#include <stdatomic.h>
#include <stdint.h>

#ifdef __wasm__
#include "../../tests/programs/c/wasi_threads.h"
IMPORT("wasi_snapshot_preview1", "clock_time_get") int clock_time_get(int clock, uint64_t precision, uint64_t *time);

static uint64_t now(void) {
    uint64_t time;
    clock_time_get(1, 1, &time);
    return time;
}
#else
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct thread {
    pthread_t id;
    int (*function)(int);
    int argument, result;
};

static void *run(void *argument) {
    struct thread *thread = argument;
    thread->result = thread->function(thread->argument);
    return 0;
}

static int start(struct thread *thread, int (*function)(int), int argument) {
    thread->function = function;
    thread->argument = argument;
    return pthread_create(&thread->id, 0, run, thread) ? -1 : 1;
}

static int join(struct thread *thread) {
    pthread_join(thread->id, 0);
    return thread->result;
}

static void proc_exit(int code) { exit(code); }
static void print_number(const char *name, long long number) { printf("%s %lld\n", name, number); }

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000ull + time.tv_nsec;
}
#endif

enum { CHUNKS = 512, CHUNK = 65536, TABLE = 1 << 16, SPAWNS = 5000 };

static uint32_t table[TABLE];
static atomic_int next_chunk, sum;

// Takes chunks of the work until there are none left: reads a table, computes, and tells what came of each chunk.
static int work(int number) {
    for (;;) {
        int chunk = atomic_fetch_add(&next_chunk, 1);
        if (chunk >= CHUNKS)
            return number;
        uint32_t state = chunk + 1, result = 0;
        for (int i = 0; i < CHUNK; i++) {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            result += table[state % TABLE] ^ state;
        }
        atomic_fetch_add(&sum, (int)result);
    }
}

static int nothing(int number) { return number; }

static struct thread threads[8];

// Nanoseconds that all the work takes `count` threads.
static uint64_t scale(int count) {
    atomic_store(&next_chunk, 0);
    atomic_store(&sum, 0);
    uint64_t begin = now();
    for (int i = 0; i < count; i++)
        if (start(&threads[i], work, i) < 0)
            proc_exit(1);
    for (int i = 0; i < count; i++)
        join(&threads[i]);
    return now() - begin;
}

static void measure(void) {
    for (int i = 0; i < TABLE; i++)
        table[i] = i * 2654435761u;
    print_number("one", scale(1));
    int first = atomic_load(&sum);
    print_number("two", scale(2));
    if (atomic_load(&sum) != first)
        proc_exit(2);
    uint64_t begin = now();
    for (int i = 0; i < SPAWNS; i++) {
        if (start(&threads[0], nothing, i) < 0)
            proc_exit(3);
        if (join(&threads[0]) != i)
            proc_exit(4);
    }
    print_number("spawn", (now() - begin) / SPAWNS);
}

#ifdef __wasm__
__attribute__((export_name("_start"))) void _start(void) { measure(); }
#else
int main(void) { measure(); }
#endif
