// A small thread library over wasi-threads, without a C library: threads with stacks of their own and thread-local
// storage, a lock, and output.
#pragma once
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))
IMPORT("wasi", "thread-spawn") int thread_spawn(void *start);
IMPORT("wasi_snapshot_preview1", "proc_exit") _Noreturn void proc_exit(int code);
IMPORT("wasi_snapshot_preview1", "fd_write") int fd_write(int fd, const void *vectors, size_t count, size_t *written);
IMPORT("wasi_snapshot_preview1", "args_sizes_get") int args_sizes_get(size_t *count, size_t *size);
IMPORT("wasi_snapshot_preview1", "args_get") int args_get(char **arguments, char *text);
void __wasm_init_tls(void *storage);

enum { STACK = 16384, TLS = 256 };

struct thread {
  void *stack_top; // must be first: see wasi_thread_start
  int (*function)(int);
  int argument, result;
  atomic_int ended;
  _Alignas(16) char stack[STACK], tls[TLS];
};

// The stack pointer is a global, which every thread has of its own.
__asm__(".globaltype __stack_pointer, i32\n"
        ".functype thread_main (i32, i32) -> ()\n"
        ".section .text.wasi_thread_start,\"\",@\n"
        ".globl wasi_thread_start\n"
        ".export_name wasi_thread_start, wasi_thread_start\n"
        ".type wasi_thread_start,@function\n"
        "wasi_thread_start:\n"
        ".functype wasi_thread_start (i32, i32) -> ()\n"
        "local.get 1\n"
        "i32.load 0\n"
        "global.set __stack_pointer\n"
        "local.get 0\n"
        "local.get 1\n"
        "call thread_main\n"
        "end_function\n");

static inline void wait_for(atomic_int *word, int value) {
  __builtin_wasm_memory_atomic_wait32((int *)word, value, -1);
}

static inline int wake(atomic_int *word, int count) {
  return __builtin_wasm_memory_atomic_notify((int *)word, count);
}

__attribute__((used)) void thread_main(int id, struct thread *thread) {
  (void)id;
  __wasm_init_tls(thread->tls);
  thread->result = thread->function(thread->argument);
  atomic_store(&thread->ended, 1);
  wake(&thread->ended, 1);
}

// The thread's identifier, or a negative error number.
static inline int start(struct thread *thread, int (*function)(int), int argument) {
  thread->stack_top = thread->stack + STACK;
  thread->function = function;
  thread->argument = argument;
  atomic_store(&thread->ended, 0);
  return thread_spawn(thread);
}

static inline int join(struct thread *thread) {
  while (!atomic_load(&thread->ended))
    wait_for(&thread->ended, 0);
  return thread->result;
}

// 0 free, 1 taken, 2 taken and waited for.
static inline void lock(atomic_int *word) {
  int seen = 0;
  if (atomic_compare_exchange_strong(word, &seen, 1))
    return;
  while (atomic_exchange(word, 2) != 0)
    wait_for(word, 2);
}

static inline void unlock(atomic_int *word) {
  if (atomic_exchange(word, 0) == 2)
    wake(word, 1);
}

static inline void print(const char *text) {
  size_t length = 0, written;
  while (text[length])
    length++;
  struct {
    const char *start;
    size_t length;
  } vector = {text, length};
  fd_write(1, &vector, 1, &written);
}

static inline void print_number(const char *name, long long number) {
  char text[24], *digit = text + 23;
  *digit = 0;
  unsigned long long rest = number < 0 ? -number : number;
  do
    *--digit = '0' + rest % 10;
  while (rest /= 10);
  if (number < 0)
    *--digit = '-';
  print(name);
  print(" ");
  print(digit);
  print("\n");
}
