// Calls a function of another file, which is small enough to be inlined by wasmc. The tests know the line numbers.
#include <stdio.h>
#include "callee.h"

int main(int argc, char **argv) {
  struct pair pair = {argc, 2};
  int total = 0;
  for (int i = 0; i < 10; i++)
    total += weigh(&pair, i);
  printf("%d\n", total);
  return total != 75;
}
