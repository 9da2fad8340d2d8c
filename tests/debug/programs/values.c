// Variables of every kind, for debuggers to read. The tests know the line numbers.
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

struct node {
  int value;
  struct node *next;
  char name[8];
};
union word {
  int number;
  float real;
};
enum color { RED, GREEN = 5, BLUE };
struct flags {
  unsigned low : 3, high : 5;
  struct {
    short x, y;
  } point;
};

int counter = 7;
static const char *greeting = "hello";
static struct node fixed = {42, 0, "fixed"};

static int sum(const struct node *list, int limit) {
  int total = 0;
  for (const struct node *at = list; at; at = at->next) {
    int doubled = at->value * 2;
    total += doubled;
    if (total > limit) break;
  }
  return total;
}

static struct node *push(struct node *list, int value) {
  static int pushed;
  struct node *made = malloc(sizeof *made);
  made->value = value;
  made->next = list;
  snprintf(made->name, sizeof made->name, "n%d", value);
  if (++pushed > 9) abort();
  return made;
}

static int twice(int number) { return number * 2; }

static double mix(char letter, short small, long long wide, float real, double ratio, bool yes, unsigned char byte) {
  double result = letter + small + wide + real + ratio + yes + byte;
  return result;
}

int main(int argc, char **argv) {
  struct node *list = &fixed;
  union word word = {.real = 1.0f};
  enum color color = GREEN;
  struct flags flags = {5, 17, {-3, 4}};
  int table[2][3] = {{1, 2, 3}, {4, 5, 6}};
  int (*function)(int) = twice;
  for (int i = 0; i < 3; i++) {
    list = push(list, i * 10 + argc);
    counter += table[1][i];
  }
  int result = sum(list, 1000);
  double mixed = mix('a', -2, 1234567890123LL, 0.5f, 0.25, true, 200);
  printf("%s %d %.2f %d %d\n", greeting, result, mixed, function(color), word.number + flags.high);
  if (argc > 1) *(volatile int *)-16 = counter;
  return 0;
}
