// Functions too small to be called at -O2, which clang leaves as they are. The tests know the line numbers.
#include <stdio.h>
#include <stdlib.h>

struct point {
  int x, y;
};

__attribute__((noinline)) static int scaled(int value, int factor) {
  int result = value * factor;
  return result + 1;
}

__attribute__((noinline)) static int area(const struct point *corner) {
  int wide = scaled(corner->x, 2);
  return wide * corner->y;
}

// Nobody calls it by address.
__attribute__((noinline)) int bounded(int value) {
  if (value > 1000)
    return 1000;
  return value;
}

int main(int argc, char **argv) {
  struct point *points = calloc(4, sizeof *points);
  int total = 0;
#pragma clang loop unroll(disable)
  for (int i = 0; i < 4; i++) {
    points[i].x = i + argc;
    points[i].y = i * argc + 1;
    total += area(&points[i]);
    total = bounded(total);
  }
  printf("%d\n", total);
  free(points);
  return total != 70;
}
