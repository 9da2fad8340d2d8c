// The layouts of runtime-lib/abi, for the programs that the tests write by hand.
#include <stddef.h>
#include <stdint.h>

typedef struct { uint64_t start, length; } Span;
typedef struct { uint64_t base, length, maximum, reservation; uint32_t page_size_log2, flags; } Memory;
typedef struct { uint64_t memory, offset; Span contents; uint64_t flags; } Image;
typedef struct { Span text, functions, sites, names; } CodeMap;
typedef struct { Span name; uint64_t kind, target; Span parameters, results; } Export;
typedef struct { uint64_t initialize; Span exports; } Module;
typedef struct {
    uint32_t abi_version, flags;
    uint64_t stack_size, entry;
    Span memories, images;
    uint64_t wasi_memory;
    CodeMap code;
    Span environment, preopens, arguments, threads, modules;
    uint64_t heap, sources, build_id, core_dump;
} Program;

_Static_assert(sizeof(Memory) == 40 && sizeof(Image) == 40 && sizeof(Export) == 64 && sizeof(Program) == 240, "layouts");

enum { EXPLICIT_BOUNDS = 1, FIXED_BASE = 2, MOVABLE = 1, RUNTIME_OPTIONS = 1 };
enum { I32 = 0x7f, I64 = 0x7e, F32 = 0x7d, F64 = 0x7c, V128 = 0x7b, FUNCREF = 0x70 };

#define ADDRESS(symbol) ((uint64_t)(symbol))
#define SPAN(array) { ADDRESS(array), sizeof(array) / sizeof *(array) }
#define TEXT(text) { ADDRESS(text), sizeof(text) - 1 }

uint64_t wasmc_memory_grow(Memory *, uint64_t);
_Noreturn void wasmc_unknown_import(const char *, uint64_t);
void wasmc_harness(void);
void wasmc_invoke(const Export *);
