// Templates, methods, captured variables and overloaded operators over a small graph. The tests know the line numbers.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

namespace graph {

template <typename T>
class List {
 public:
  List() = default;
  ~List() { free(items_); }
  void push(const T &item) {
    if (size_ == room_) {
      int room = room_ ? room_ * 2 : 4;
      items_ = static_cast<T *>(realloc(items_, room * sizeof(T)));
      room_ = room;
    }
    items_[size_++] = item;
  }
  T pop() { return items_[--size_]; }
  int size() const { return size_; }
  T &operator[](int at) { return items_[at]; }
  T *begin() { return items_; }
  T *end() { return items_ + size_; }

 private:
  T *items_ = nullptr;
  int size_ = 0, room_ = 0;
};

struct Edge {
  int to;
  float weight;
};

enum class State : uint8_t { Unknown, Open, Done };

class Graph {
 public:
  explicit Graph(int nodes) : nodes_(nodes), edges_(new List<Edge>[nodes]) {}
  ~Graph() { delete[] edges_; }
  void connect(int from, int to, float weight) {
    edges_[from].push(Edge{to, weight});
    edges_[to].push(Edge{from, weight});
  }
  template <typename Visit>
  int walk(int start, Visit visit) {
    List<State> states;
    for (int i = 0; i < nodes_; i++) states.push(State::Unknown);
    List<int> open;
    open.push(start);
    int visited = 0;
    while (open.size() > 0) {
      int node = open.pop();
      if (states[node] == State::Done) continue;
      states[node] = State::Done;
      visited++;
      visit(node);
      for (Edge &edge : edges_[node]) {
        if (states[edge.to] == State::Unknown) {
          states[edge.to] = State::Open;
          open.push(edge.to);
        }
      }
    }
    return visited;
  }
  float shortest(int from, int to) {
    List<float> distance;
    for (int i = 0; i < nodes_; i++) distance.push(1e9f);
    distance[from] = 0;
    for (int round = 0; round < nodes_; round++) {
      bool changed = false;
      for (int node = 0; node < nodes_; node++) {
        float base = distance[node];
        for (Edge &edge : edges_[node]) {
          float through = base + edge.weight;
          if (through < distance[edge.to]) {
            distance[edge.to] = through;
            changed = true;
          }
        }
      }
      if (!changed) break;
    }
    return distance[to];
  }

 private:
  int nodes_;
  List<Edge> *edges_;
};

}  // namespace graph

static uint32_t next_random(uint32_t &state) {
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state;
}

// What the C++ library would define.
void *operator new[](size_t size) { return malloc(size); }
void operator delete[](void *pointer, size_t) noexcept { free(pointer); }
void operator delete[](void *pointer) noexcept { free(pointer); }

int main(int argc, char **) {
  uint32_t seed = 2463534242u + argc;
  const int nodes = 12;
  graph::Graph graph(nodes);
  for (int i = 0; i < 20; i++) {
    int from = next_random(seed) % nodes;
    int to = next_random(seed) % nodes;
    float weight = (next_random(seed) % 100) / 10.0f;
    graph.connect(from, to, weight);
  }
  int sum = 0;
  int visited = graph.walk(0, [&sum](int node) { sum += node * nodes; });
  float distance = graph.shortest(0, nodes - 1);
  printf("%d visited, sum %d, distance %.1f\n", visited, sum, distance);
  return 0;
}
