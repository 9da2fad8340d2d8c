// Classes, references, templates and inheritance, for debuggers to read. The tests know the line numbers.
#include <stdio.h>

namespace geometry {

struct Point {
  int x, y;
};

class Shape {
 public:
  explicit Shape(const char *name) : name_(name) {}
  virtual int area() const = 0;
  const char *name() const { return name_; }

 protected:
  const char *name_;
};

class Box : public Shape {
 public:
  Box(Point low, Point high) : Shape("box"), low_(low), high_(high) {}
  int area() const override {
    int width = high_.x - low_.x;
    int height = high_.y - low_.y;
    return width * height;
  }

 private:
  Point low_, high_;
};

}  // namespace geometry

template <typename T, int N>
struct Buffer {
  T items[N];
  int used = 0;
  void add(const T &item) {
    items[used] = item;
    used++;
  }
};

static int total(const Buffer<geometry::Box *, 4> &boxes) {
  int sum = 0;
  for (int i = 0; i < boxes.used; i++) {
    const geometry::Shape &shape = *boxes.items[i];
    sum += shape.area();
  }
  return sum;
}

// What the C++ library would define.
extern "C" void __cxa_pure_virtual() { __builtin_trap(); }

int main() {
  geometry::Box first({1, 2}, {4, 8});
  geometry::Box second({0, 0}, {5, 5});
  Buffer<geometry::Box *, 4> boxes;
  boxes.add(&first);
  boxes.add(&second);
  auto scaled = [factor = 3, &boxes](int more) { return total(boxes) * factor + more; };
  int answer = scaled(1);
  printf("%s %d\n", first.name(), answer);
  return 0;
}
