#include "callee.h"

int weigh(const struct pair *pair, int factor) {
  int scaled = pair->first * factor;
  return scaled + pair->second + 1;
}
