// Traps in functions that are inlined into others, for the lines of traces.
#include <stdio.h>
#include <stdlib.h>

namespace app {

struct Ratio {
  int above, below;

  int value() const {
    return above / below;
  }
};

template <typename T>
static inline int rounded(const T &ratio, int unit) {
  int value = ratio.value();
  return value - value % unit;
}

__attribute__((noinline)) int report(int below, int unit) {
  Ratio ratio = {42, below};
  return rounded(ratio, unit) + 1;
}

__attribute__((noinline)) int descend(int depth) {
  if (depth == 0)
    __builtin_trap();
  return descend(depth - 1) + depth;
}

}  // namespace app

int main(int argc, char **argv) {
  printf("%d\n", app::report(argc, 5));
  if (argc > 2)
    return app::descend(atoi(argv[1]));
  return app::report(argc - 1, argc - 2);
}
