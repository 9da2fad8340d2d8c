// Counts words in a table of chained entries: hashing, strings, pointers to functions, and early returns. The tests know
// the line numbers.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct entry {
  struct entry *next;
  unsigned hash;
  int count;
  char word[16];
};

struct table {
  struct entry *buckets[31];
  int used;
  double load;
};

static const char text[] =
    "the quick brown fox jumps over the lazy dog while the other dog sleeps and the fox runs over the hill";

static unsigned hash_of(const char *word, int length) {
  unsigned hash = 2166136261u;
  for (int i = 0; i < length; i++) {
    unsigned char letter = word[i];
    hash ^= letter;
    hash *= 16777619u;
  }
  return hash;
}

__attribute__((noinline)) static struct entry *find(struct table *table, const char *word, int length) {
  unsigned hash = hash_of(word, length);
  unsigned bucket = hash % 31;
  for (struct entry *entry = table->buckets[bucket]; entry; entry = entry->next) {
    if (entry->hash == hash && strncmp(entry->word, word, length) == 0) return entry;
  }
  struct entry *made = calloc(1, sizeof *made);
  if (!made) return NULL;
  memcpy(made->word, word, length);
  made->hash = hash;
  made->next = table->buckets[bucket];
  table->buckets[bucket] = made;
  table->used++;
  return made;
}

__attribute__((noinline)) static int read_words(struct table *table, const char *from) {
  int words = 0;
  while (*from) {
    const char *end = strchr(from, ' ');
    int length = end ? (int)(end - from) : (int)strlen(from);
    struct entry *entry = find(table, from, length);
    if (!entry) return -1;
    entry->count++;
    words++;
    from += length;
    if (*from == ' ') from++;
  }
  table->load = (double)table->used / 31;
  return words;
}

static int by_count(const void *left, const void *right) {
  const struct entry *a = *(const struct entry *const *)left;
  const struct entry *b = *(const struct entry *const *)right;
  if (a->count != b->count) return b->count - a->count;
  return strcmp(a->word, b->word);
}

__attribute__((noinline)) static double statistics(int *counts, int number, double *variance) {
  double sum = 0, squares = 0;
  for (int i = 0; i < number; i++) {
    double value = counts[i];
    sum += value;
    squares += value * value;
  }
  double mean = sum / number;
  *variance = squares / number - mean * mean;
  return mean;
}

__attribute__((noinline)) static long long mixed(int width, int height, long long scale) {
  long long total = 0;
  for (int y = 0; y < height; y++) {
    long long row = y * scale;
    for (int x = 0; x < width; x++) {
      int weight = (x ^ y) & 7;
      if (weight == 3) continue;
      total += row * weight + x;
    }
    if (total < 0) break;
  }
  return total;
}

int main(int argc, char **argv) {
  struct table table = {0};
  int words = read_words(&table, argc > 1 ? argv[1] : text);
  struct entry *sorted[64];
  int number = 0;
  int counts[64];
  for (int bucket = 0; bucket < 31; bucket++) {
    for (struct entry *entry = table.buckets[bucket]; entry; entry = entry->next) {
      counts[number] = entry->count;
      sorted[number++] = entry;
    }
  }
  qsort(sorted, number, sizeof *sorted, by_count);
  double variance;
  double mean = statistics(counts, number, &variance);
  long long area = mixed(number, words, 1000000007LL);
  for (int i = 0; i < 3; i++) {
    printf("%s %d\n", sorted[i]->word, sorted[i]->count);
  }
  printf("%d words, %d different, %.3f +- %.3f, load %.2f, %lld\n", words, number, mean, variance, table.load, area);
  return 0;
}
