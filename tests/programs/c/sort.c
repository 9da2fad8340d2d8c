// Sorting and searching through callbacks: indirect calls from the C library into the program.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t state = 12345;

static uint32_t random_number(void) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

static unsigned comparisons;

static int ascending(const void *a, const void *b) {
    comparisons++;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static int descending(const void *a, const void *b) {
    return -ascending(a, b);
}

struct person {
    char name[12];
    double weight;
};

static int by_weight(const void *a, const void *b) {
    double x = ((const struct person *)a)->weight, y = ((const struct person *)b)->weight;
    return (x > y) - (x < y);
}

int main(void) {
    enum { COUNT = 20000 };
    static uint32_t numbers[COUNT];
    uint32_t before = 0, after = 0;
    for (int i = 0; i < COUNT; i++)
        before += numbers[i] = random_number();
    for (int round = 0; round < 2; round++) {
        qsort(numbers, COUNT, sizeof *numbers, round ? descending : ascending);
        after = numbers[0];
        for (int i = 1; i < COUNT; i++) {
            after += numbers[i];
            if (round ? numbers[i - 1] < numbers[i] : numbers[i - 1] > numbers[i])
                return printf("out of order at %d\n", i), 1;
        }
        printf("%s, sum %s\n", round ? "descending" : "ascending", before == after ? "kept" : "lost");
    }
    qsort(numbers, COUNT, sizeof *numbers, ascending);
    comparisons = 0;
    uint32_t *found = bsearch(&numbers[777], numbers, COUNT, sizeof *numbers, ascending);
    printf("found at %td in %s comparisons\n", found - numbers, comparisons <= 15 ? "few" : "too many");
    printf("not there: %d\n", bsearch(&(uint32_t){0}, numbers, COUNT, sizeof *numbers, ascending) == NULL);

    struct person people[] = {{"Ada", 58.5}, {"Grace", 51.25}, {"Kathleen", 70}, {"Jean", 51}};
    qsort(people, 4, sizeof *people, by_weight);
    for (int i = 0; i < 4; i++)
        printf("%s %g\n", people[i].name, people[i].weight);
    return 0;
}
