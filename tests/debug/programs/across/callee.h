struct pair {
  int first, second;
};

int weigh(const struct pair *pair, int factor);
