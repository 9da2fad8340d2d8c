// Pointer chasing: a singly linked list in shuffled order that fits the second-level cache; walk, reverse, merge sort.
#define DEFAULT_SIZE 12000
#include "kernel.h"

typedef struct Node {
    struct Node *next;
    uint32_t value;
} Node;

static NOINLINE uint64_t sum(const Node *list) {
    uint64_t total = 0;
    for (; list; list = list->next)
        total += list->value;
    return total;
}

static NOINLINE const Node *find(const Node *list, uint32_t value) {
    while (list && list->value != value)
        list = list->next;
    return list;
}

static NOINLINE Node *reverse(Node *list) {
    Node *reversed = NULL;
    while (list) {
        Node *next = list->next;
        list->next = reversed;
        reversed = list;
        list = next;
    }
    return reversed;
}

static Node *merge(Node *a, Node *b) {
    Node head, *tail = &head;
    while (a && b) {
        Node **smaller = a->value <= b->value ? &a : &b;
        tail = tail->next = *smaller;
        *smaller = (*smaller)->next;
    }
    tail->next = a ? a : b;
    return head.next;
}

static NOINLINE Node *sort(Node *list) {
    if (!list || !list->next)
        return list;
    Node *slow = list, *fast = list->next;
    while (fast && fast->next) {
        slow = slow->next;
        fast = fast->next->next;
    }
    Node *second = slow->next;
    slow->next = NULL;
    return merge(sort(list), sort(second));
}

static NOINLINE uint64_t kernel(uint32_t n) {
    Node *nodes = allocate(n * sizeof *nodes);
    uint32_t *order = allocate(n * sizeof *order), seed = 31;
    uint64_t hash = 0;
    for (uint32_t i = 0; i < n; i++)
        order[i] = i;
    for (uint32_t round = 0; round < 40; round++) {
        for (uint32_t i = n - 1; i > 0; i--) {
            uint32_t j = next_random(&seed) % (i + 1), held = order[i];
            order[i] = order[j];
            order[j] = held;
        }
        for (uint32_t i = 0; i < n; i++)
            nodes[order[i]] = (Node){i + 1 < n ? &nodes[order[i + 1]] : NULL, order[i] * 2654435761u};
        Node *list = &nodes[order[0]];
        for (int walk = 0; walk < 25; walk++) {
            hash = mix(hash, sum(list));
            hash = mix(hash, find(list, 1) != NULL);
            list = reverse(list);
        }
        list = sort(list);
        hash = mix(hash, list->value + find(list, nodes[n / 2].value)->value);
    }
    free(nodes);
    free(order);
    return hash;
}
