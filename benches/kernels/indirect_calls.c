// Indirect calls: a table of function pointers of one signature, and "virtual methods" through a struct of pointers.
#define DEFAULT_SIZE 12000000
#include "kernel.h"

typedef uint32_t (*Unary)(uint32_t);

static NOINLINE uint32_t add_three(uint32_t x) { return x + 3; }
static NOINLINE uint32_t triple(uint32_t x) { return x * 3; }
static NOINLINE uint32_t flip(uint32_t x) { return ~x; }
static NOINLINE uint32_t fold(uint32_t x) { return x ^ x >> 7; }
static NOINLINE uint32_t spread(uint32_t x) { return x ^ x << 9; }
static NOINLINE uint32_t turn(uint32_t x) { return x << 5 | x >> 27; }

typedef struct Shape Shape;
typedef struct {
    int64_t (*area)(const Shape *);
    void (*grow)(Shape *, int64_t);
} Methods;
struct Shape {
    const Methods *methods;
    int64_t width, height;
};

static int64_t square_area(const Shape *s) { return s->width * s->width; }
static void square_grow(Shape *s, int64_t by) { s->width = (s->width + by) & 1023; }
static int64_t rectangle_area(const Shape *s) { return s->width * s->height; }
static void rectangle_grow(Shape *s, int64_t by) { s->height = (s->height + by) & 511; }
static int64_t triangle_area(const Shape *s) { return s->width * s->height / 2; }
static void triangle_grow(Shape *s, int64_t by) { s->width = (s->width ^ by) & 2047; }

static const Methods METHODS[] = {
    {square_area, square_grow},
    {rectangle_area, rectangle_grow},
    {triangle_area, triangle_grow},
};

static NOINLINE uint32_t through_table(const Unary *functions, uint32_t n) {
    uint32_t x = 1;
    for (uint32_t i = 0; i < n; i++)
        x = functions[(i ^ i >> 3) & 7](x);
    return x;
}

static NOINLINE int64_t through_methods(Shape *shapes, uint32_t count, uint32_t rounds) {
    int64_t total = 0;
    for (uint32_t round = 0; round < rounds; round++) {
        for (uint32_t i = 0; i < count; i++) {
            Shape *shape = &shapes[i];
            shape->methods->grow(shape, (int64_t)(round & 15));
            total += shape->methods->area(shape);
        }
    }
    return total;
}

static NOINLINE uint64_t kernel(uint32_t n) {
    enum { SHAPES = 96 };
    // Filled at run time from a choice the compiler cannot see, so that calls stay indirect.
    Unary functions[8], all[] = {add_three, triple, flip, fold, spread, turn};
    for (uint32_t i = 0; i < 8; i++)
        functions[i] = all[(i * 5 + n) % 6];
    uint64_t hash = through_table(functions, 2 * n);
    Shape *shapes = allocate(SHAPES * sizeof *shapes);
    for (uint32_t i = 0; i < SHAPES; i++)
        shapes[i] = (Shape){&METHODS[(i * 7 + n) % 3], i + 1, 2 * i + 1};
    hash = mix(hash, (uint64_t)through_methods(shapes, SHAPES, n / SHAPES));
    free(shapes);
    return hash;
}
