// flags: -I. -matomics -mbulk-memory -nostdlib -fno-builtin -Wl,--import-memory,--export-memory,--shared-memory,--max-memory=67108864,-z,stack-size=65536
// Threads: what each has of its own and what they share, and how they end. The first argument says which.
#include "wasi_threads.h"

static struct thread threads[9];
static atomic_int mutex, together;
static int counter;
static _Thread_local int mine = 5;

static int count(int number) {
  for (int i = 0; i < 20000; i++) {
    lock(&mutex);
    counter++;
    unlock(&mutex);
    atomic_fetch_add(&together, 1);
    mine += number;
  }
  return mine;
}

static void counting(void) {
  for (int i = 0; i < 8; i++)
    start(&threads[i], count, i);
  for (int i = 0; i < 8; i++)
    print_number("own", join(&threads[i]));
  print_number("own", mine);
  print_number("locked", counter);
  print_number("atomic", together);
}

static int twice(int number) { return 2 * number; }

// More threads one after the other than there may be at the same time.
static void reuse(void) {
  int sum = 0;
  for (int i = 0; i < 3000; i++) {
    if (start(&threads[0], twice, i) <= 0)
      proc_exit(1);
    sum += join(&threads[0]);
  }
  print_number("sum", sum);
}

static int for_ever(int number) {
  for (;;)
    wait_for(&mutex, 0);
}

static void limit(void) {
  int tid[9];
  for (int i = 0; i < 9; i++)
    tid[i] = start(&threads[i], for_ever, i);
  for (int i = 0; i < 8; i++)
    for (int j = 0; j < i; j++)
      if (tid[i] <= 0 || tid[i] == tid[j])
        proc_exit(1);
  print_number("ninth", tid[8]);
}

__attribute__((noinline)) static int out_of_bounds(int number) { return *(volatile int *)0xfffffff0u; }

// Needs the stack of machine code only, not the one in linear memory.
__attribute__((noinline)) static int deep(int number) {
  int below = number == -1 ? 0 : deep(number + 1);
  __asm__ volatile("");
  return below + 1;
}

static int leave(int number) { proc_exit(number); }

static void wait_after(int (*function)(int), int argument) {
  start(&threads[1], for_ever, 0);
  start(&threads[0], function, argument);
  for_ever(0);
}

static atomic_int turn;

static int player(int number) {
  for (int i = 0; i < 5000; i++) {
    int seen;
    while ((seen = atomic_load(&turn)) % 2 != number)
      wait_for(&turn, seen);
    atomic_fetch_add(&turn, 1);
    wake(&turn, 1);
  }
  return 0;
}

static void ping_pong(void) {
  start(&threads[0], player, 0);
  start(&threads[1], player, 1);
  join(&threads[0]);
  join(&threads[1]);
  print_number("turns", turn);
}

// Sequential consistency: of two threads that each write one variable and then read the other, one sees the other's.
static atomic_int x, y, round_number, arrived;
static int seen_by[2];
enum { ROUNDS = 3000 };

static int litmus(int number) {
  for (int i = 1; i <= ROUNDS; i++) {
    while (atomic_load(&round_number) < i)
      wait_for(&round_number, i - 1);
    if (number) {
      atomic_store(&x, i);
      seen_by[1] = atomic_load(&y);
    } else {
      atomic_store(&y, i);
      seen_by[0] = atomic_load(&x);
    }
    atomic_fetch_add(&arrived, 1);
    wake(&arrived, 1);
  }
  return 0;
}

static void consistency(void) {
  int violations = 0;
  start(&threads[0], litmus, 0);
  start(&threads[1], litmus, 1);
  for (int i = 1; i <= ROUNDS; i++) {
    atomic_store(&round_number, i);
    wake(&round_number, 2);
    int seen;
    while ((seen = atomic_load(&arrived)) < 2 * i)
      wait_for(&arrived, seen);
    violations += seen_by[0] < i && seen_by[1] < i;
  }
  print_number("violations", violations);
}

static int grow(int number) {
  int sum = 0;
  for (int i = 0; i < 50; i++) {
    int page = __builtin_wasm_memory_grow(0, 1);
    if (page < 0)
      proc_exit(1);
    // Nobody else got this page, and it is there at once.
    volatile int *first = (volatile int *)(page * 65536);
    if (*first)
      proc_exit(2);
    *first = number + 1;
    sum++;
  }
  return sum;
}

static void growing(void) {
  int before = __builtin_wasm_memory_size(0), sum = 0;
  for (int i = 0; i < 8; i++)
    start(&threads[i], grow, i);
  for (int i = 0; i < 8; i++)
    sum += join(&threads[i]);
  print_number("grown", __builtin_wasm_memory_size(0) - before - sum);
}

static int equal(const char *left, const char *right) {
  while (*left && *left == *right)
    left++, right++;
  return *left == *right;
}

__attribute__((export_name("_start"))) void _start(void) {
  static char text[256];
  static char *arguments[8];
  args_get(arguments, text);
  const char *mode = arguments[1];
  if (equal(mode, "count"))
    counting();
  if (equal(mode, "reuse"))
    reuse();
  if (equal(mode, "limit"))
    limit();
  if (equal(mode, "trap"))
    wait_after(out_of_bounds, 0);
  if (equal(mode, "overflow"))
    wait_after(deep, 0);
  if (equal(mode, "exit"))
    wait_after(leave, 7);
  if (equal(mode, "ping-pong"))
    ping_pong();
  if (equal(mode, "consistency"))
    consistency();
  if (equal(mode, "grow"))
    growing();
  print("end\n");
}
