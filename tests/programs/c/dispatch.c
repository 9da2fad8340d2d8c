// Indirect calls over functions of many signatures, and functions compared and stored as values.
#include <stdint.h>
#include <stdio.h>

typedef struct shape shape;
struct methods {
    const char *(*name)(void);
    double (*area)(const shape *);
    void (*scale)(shape *, float, int);
};
struct shape {
    const struct methods *methods;
    double width, height;
};

static const char *box_name(void) { return "box"; }
static const char *disc_name(void) { return "disc"; }
static double box_area(const shape *s) { return s->width * s->height; }
static double disc_area(const shape *s) { return s->width * s->width * 3.25; }
static void scale(shape *s, float factor, int times) {
    while (times--)
        s->width *= factor, s->height *= factor;
}
static const struct methods box = {box_name, box_area, scale}, disc = {disc_name, disc_area, scale};

static int8_t narrow(int8_t value) { return value; }
static uint16_t wide(uint16_t value) { return value; }
static float mixed(int a, int64_t b, float c, double d, int e, int64_t f, float g, double h, int i, int64_t j, float k,
                   double l, int m, int64_t n, float o, double p) {
    return (float)(a + b * 2 + c * 3 + d * 4 + e * 5 + f * 6 + g * 7 + h * 8 + i * 9 + j * 10 + k * 11 + l * 12 + m * 13 +
                   n * 14 + o * 15 + p * 16);
}
struct large { int values[6]; };
static struct large build(int first) {
    struct large result;
    for (int i = 0; i < 6; i++)
        result.values[i] = first * i;
    return result;
}

int main(void) {
    shape shapes[] = {{&box, 2, 3}, {&disc, 2, 0}, {&box, 0.5, 8}};
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 3; i++) {
            printf("%s %g\n", shapes[i].methods->name(), shapes[i].methods->area(&shapes[i]));
            shapes[i].methods->scale(&shapes[i], 1.5f, i);
        }
    int8_t (*volatile n)(int8_t) = narrow;
    uint16_t (*volatile w)(uint16_t) = wide;
    float (*volatile m)(int, int64_t, float, double, int, int64_t, float, double, int, int64_t, float, double, int, int64_t,
                        float, double) = mixed;
    struct large (*volatile b)(int) = build;
    printf("%d %u %g %d\n", n((int8_t)300), w((uint16_t)70000), m(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16),
           b(7).values[5]);
    printf("%d %d\n", box.area == disc.area, box.scale == disc.scale);
    return 0;
}
