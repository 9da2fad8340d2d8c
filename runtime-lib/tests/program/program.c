// Programs as the compiler would write them: entry points, of which code.S names one, memories, images, exports.
#include "abi.h"

void adapter(void (*)(uint64_t), uint64_t);
void unreachable(uint64_t), load(uint64_t), divide(uint64_t), recurse(uint64_t), push_only(uint64_t), leaf(uint64_t),
    illegal(uint64_t), no_site(uint64_t), import(uint64_t), spoil(uint64_t);

#ifndef MEMORY
#define MEMORY .base = 0x10000, .length = 2 << 16, .maximum = 5 << 16, .reservation = (8ull << 30) + (64 << 10), .flags = FIXED_BASE
#endif
Memory memory = { .page_size_log2 = 16, MEMORY };

static long system_call(long number, long a, long b, long c) {
    long returned;
    __asm__ volatile("syscall" : "=a"(returned) : "0"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
    return returned;
}

static void print(const char *text) {
    size_t length = 0;
    while (text[length]) length++;
    system_call(1, 1, (long)text, length);
}

#define CHECK(condition) do { if (!(condition)) { print("failed: " #condition "\n"); system_call(231, 3, 0, 0); } } while (0)

static volatile uint8_t *byte(uint64_t offset) { return (volatile uint8_t *)(memory.base + offset); }

void hello(void) { print("hello\n"); }

// Traps.
void trap_unreachable(void) { adapter(unreachable, 0); }
void trap_load(void) { print("before\n"); adapter(load, memory.base + 0x20010); }
void trap_load_far(void) { adapter(load, memory.base + 0x1fffffff0); }
void trap_load_below(void) { adapter(load, 8); }
void trap_divide(void) { adapter(divide, 0); }
void trap_recurse(void) { adapter(recurse, 0); }
void trap_push_only(void) { adapter(push_only, 0); }
void trap_leaf(void) { adapter(leaf, 0); }
void trap_illegal(void) { adapter(illegal, 0); }
void trap_import(void) { adapter(import, 0); }
void fault_no_site(void) { adapter(no_site, memory.base + 0x20000); }
void fault_elsewhere(void) { adapter(load, 0x7000000000); }
void fault_outside(void) { *(volatile int *)16 = 1; }
void sent(void) { system_call(62, system_call(39, 0, 0, 0), 11, 0); }

// Only relocation writes here; the linker asks for it to be read-only from then on.
static void *const sealed[] = { &memory };
void write_sealed(void) { *(void *volatile *)sealed = 0; }

// Memories.
void grow(void) {
    CHECK(memory.base == 0x10000);
    *byte(0x1ffff) = 1;
    CHECK(wasmc_memory_grow(&memory, 0) == 2);
    CHECK(wasmc_memory_grow(&memory, 4) == UINT64_MAX);
    CHECK(wasmc_memory_grow(&memory, 2) == 2);
    CHECK(*byte(0x1ffff) == 1 && *byte(0x20000) == 0);
    *byte(0x3ffff) = 2;
    CHECK(wasmc_memory_grow(&memory, 1) == 4);
    *byte(0x4ffff) = 3;
    CHECK(wasmc_memory_grow(&memory, 1) == UINT64_MAX);
    CHECK(wasmc_memory_grow(&memory, UINT64_MAX) == UINT64_MAX);
    CHECK(memory.length == 5 << 16);
    print("grown\n");
}
void grow_shrunk(void) {
    CHECK(memory.maximum < 65536ull << 16 && memory.maximum >= 1 << 20);
    uint64_t pages = memory.maximum >> 16;
    CHECK(wasmc_memory_grow(&memory, pages - 2) == 2);
    *byte(memory.maximum - 1) = 1;
    CHECK(wasmc_memory_grow(&memory, 1) == UINT64_MAX);
    print("grown\n");
}
void maximum_is_3(void) {
    CHECK(memory.maximum == 3 << 16);
    CHECK(wasmc_memory_grow(&memory, 2) == UINT64_MAX);
    CHECK(wasmc_memory_grow(&memory, 1) == 2);
    print("limited\n");
}

// Images: 17 pages and 100 bytes that can be moved, over and under small ones.
#define PAGES 17
#ifndef IMAGE_CONST
#define IMAGE_CONST
#endif
#ifndef IMAGE_FLAGS
#define IMAGE_FLAGS MOVABLE
#endif
__attribute__((section(".image"), aligned(4096))) IMAGE_CONST uint8_t movable[(PAGES + 1) * 4096] = {
    [0] = 11, [5000] = 12, [PAGES * 4096 - 1] = 13, [PAGES * 4096] = 14, [PAGES * 4096 + 99] = 15, [PAGES * 4096 + 100] = 99 };
#ifdef IMAGES
static const uint8_t first[200] = { [0 ... 199] = 21 }, second[3] = { 31, 32, 33 };
const Image images[] = {
    { ADDRESS(&memory), PAGES * 4096 + 0x1000 + 50, SPAN(first), 0 },
    { ADDRESS(&memory), 0x1000, { ADDRESS(movable), PAGES * 4096 + 100 }, IMAGE_FLAGS },
    { ADDRESS(&memory), 0x1000 + 4999, SPAN(second), 0 },
    { ADDRESS(&memory), 0x1fffd, SPAN(second), 0 },
};
#endif
void check_images(void) {
    CHECK(*byte(0) == 0 && *byte(0xfff) == 0);
    CHECK(*byte(0x1000) == 11);
    CHECK(*byte(0x1000 + 4998) == 0 && *byte(0x1000 + 4999) == 31 && *byte(0x1000 + 5000) == 32 && *byte(0x1000 + 5001) == 33);
    uint64_t end = 0x1000 + PAGES * 4096;
    CHECK(*byte(end - 1) == 13 && *byte(end) == 14 && *byte(end + 99) == 15);
    // The tail is copied: what the first image laid behind it stays.
    CHECK(*byte(end + 100) == 21 && *byte(end + 249) == 21 && *byte(end + 250) == 0);
    CHECK(*byte(0x1ffff) == 33);
    *byte(0x1000) = 1;
    *byte(end - 1) = 1;
    // mincore(2) tells whether the pages are still where the image was.
    unsigned char resident;
    print(system_call(27, (long)movable, 4096, (long)&resident) == 0 ? "copied\n" : "moved\n");
}

// Calls from outside.
static uint64_t counter, initialized;
static const uint32_t global_i32 = 0x89abcdef;
static const uint64_t global_f64 = 0x400921fb54442d18;
void initialize(void) { initialized++; }
void initialize_traps(void) { adapter(unreachable, 0); }
void sum(uint64_t *values) { values[0] = (uint32_t)(values[0] + values[2]); values[1] = ~0ull; }
void swap(uint64_t *values) {
    for (int i = 0; i < 2; i++) { uint64_t kept = values[i]; values[i] = values[2 + i]; values[2 + i] = kept; }
}
void count(uint64_t *values) { values[0] = ++counter; }
void is_initialized(uint64_t *values) { values[0] = initialized; }
void overflow(uint64_t *values) { (void)values; adapter(push_only, 0); }
void out_of_bounds(uint64_t *values) { (void)values; adapter(load, memory.base + memory.length); }
void call_import(uint64_t *values) { (void)values; adapter(import, 0); }
void crash(uint64_t *values) { (void)values; fault_outside(); }
void half(uint64_t *values) {
    double number;
    __builtin_memcpy(&number, values, 8);
    number /= 2;
    __builtin_memcpy(values, &number, 8);
}
static const uint8_t i32_i32[] = { I32, I32 }, v128_v128[] = { V128, V128 }, i64[] = { I64 }, f64[] = { F64 };
#define NOTHING { 0, 0 }
static const Export exports[] = {
    { TEXT("sum"), 0, ADDRESS(sum), SPAN(i32_i32), { ADDRESS(i32_i32), 1 } },
    { TEXT("swap"), 0, ADDRESS(swap), SPAN(v128_v128), SPAN(v128_v128) },
    { TEXT("count"), 0, ADDRESS(count), NOTHING, SPAN(i64) },
    { TEXT("is_initialized"), 0, ADDRESS(is_initialized), NOTHING, SPAN(i64) },
    { TEXT("overflow"), 0, ADDRESS(overflow), NOTHING, NOTHING },
    { TEXT("out_of_bounds"), 0, ADDRESS(out_of_bounds), NOTHING, NOTHING },
    { TEXT("global_i32"), 3, ADDRESS(&global_i32), { ADDRESS(i32_i32), 1 }, NOTHING },
    { TEXT("global_f64"), 3, ADDRESS(&global_f64), SPAN(f64), NOTHING },
    { TEXT("memory"), 2, ADDRESS(&memory), NOTHING, NOTHING },
    { TEXT("spoil"), 0, ADDRESS(spoil), { ADDRESS(i32_i32), 1 }, { ADDRESS(i32_i32), 1 } },
    { TEXT("call_import"), 0, ADDRESS(call_import), NOTHING, NOTHING },
    { TEXT("crash"), 0, ADDRESS(crash), NOTHING, NOTHING },
    { TEXT("half"), 0, ADDRESS(half), SPAN(f64), SPAN(f64) },
};
const Module modules[] = {
    { ADDRESS(initialize), SPAN(exports) },
    { ADDRESS(initialize_traps), NOTHING },
};
#ifdef ARGUMENT
const Span arguments[] = { TEXT(ARGUMENT) };
#endif
#ifndef EXPORT
#define EXPORT 0
#endif
void harness(void) { wasmc_harness(); }
void invoke(void) { wasmc_invoke(&exports[EXPORT]); }

const uint64_t memories[] = { ADDRESS(&memory) };
