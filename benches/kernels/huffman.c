// Compression: Huffman coding, tree by a binary heap, canonical codes, bit writer, and a decoder that walks the tree bit by bit.
#define DEFAULT_SIZE 1600000
#include "kernel.h"

enum { SYMBOLS = 256, NODES = 2 * SYMBOLS };

typedef struct {
    uint32_t weight;
    int16_t left, right;
} Node;

static Node nodes[NODES];
static int16_t heap[NODES];
static int heap_size;
static uint32_t codes[SYMBOLS];
static uint8_t lengths[SYMBOLS];

static int lighter(int a, int b) {
    return nodes[a].weight != nodes[b].weight ? nodes[a].weight < nodes[b].weight : a < b;
}

static void push(int16_t node) {
    int at = heap_size++;
    while (at && lighter(node, heap[(at - 1) / 2])) {
        heap[at] = heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap[at] = node;
}

static int16_t pop(void) {
    int16_t top = heap[0], last = heap[--heap_size];
    int at = 0;
    for (;;) {
        int child = 2 * at + 1;
        if (child >= heap_size)
            break;
        if (child + 1 < heap_size && lighter(heap[child + 1], heap[child]))
            child++;
        if (!lighter(heap[child], last))
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = last;
    return top;
}

static void assign_codes(int node, uint32_t code, uint8_t length) {
    if (node < SYMBOLS) {
        codes[node] = code;
        lengths[node] = length;
        return;
    }
    assign_codes(nodes[node].left, code << 1, (uint8_t)(length + 1));
    assign_codes(nodes[node].right, code << 1 | 1, (uint8_t)(length + 1));
}

static NOINLINE int build_tree(const uint8_t *in, uint32_t n) {
    for (int i = 0; i < SYMBOLS; i++)
        nodes[i] = (Node){1, -1, -1};
    for (uint32_t i = 0; i < n; i++)
        nodes[in[i]].weight++;
    heap_size = 0;
    for (int16_t i = 0; i < SYMBOLS; i++)
        push(i);
    int16_t next = SYMBOLS;
    while (heap_size > 1) {
        int16_t left = pop(), right = pop();
        nodes[next] = (Node){nodes[left].weight + nodes[right].weight, left, right};
        push(next++);
    }
    assign_codes(next - 1, 0, 0);
    return next - 1;
}

static NOINLINE uint32_t encode(const uint8_t *in, uint32_t n, uint8_t *out) {
    uint64_t pending = 0;
    uint32_t bits = 0, written = 0;
    for (uint32_t i = 0; i < n; i++) {
        pending = pending << lengths[in[i]] | codes[in[i]];
        bits += lengths[in[i]];
        while (bits >= 8) {
            bits -= 8;
            out[written++] = (uint8_t)(pending >> bits);
        }
    }
    out[written++] = (uint8_t)(pending << (8 - bits));
    return written;
}

static NOINLINE void decode(const uint8_t *in, int root, uint8_t *out, uint32_t n) {
    uint32_t bit = 0;
    for (uint32_t i = 0; i < n; i++) {
        int node = root;
        while (node >= SYMBOLS) {
            int one = in[bit >> 3] >> (7 - (bit & 7)) & 1;
            node = one ? nodes[node].right : nodes[node].left;
            bit++;
        }
        out[i] = (uint8_t)node;
    }
}

static NOINLINE uint64_t kernel(uint32_t n) {
    uint8_t *data = allocate(n), *packed = allocate(4 * (size_t)n + 8), *unpacked = allocate(n);
    uint32_t seed = 99;
    for (uint32_t i = 0; i < n; i++) {
        // The product of two uniform numbers gives a skewed distribution.
        uint32_t r = next_random(&seed);
        data[i] = (uint8_t)((r & 255) * (r >> 8 & 255) >> 8);
    }
    int root = build_tree(data, n);
    uint32_t size = 0;
    for (int pass = 0; pass < 3; pass++) {
        size = encode(data, n, packed);
        decode(packed, root, unpacked, n);
    }
    uint64_t hash = memcmp(data, unpacked, n) == 0 ? size : 0;
    for (uint32_t i = 0; i < size; i++)
        hash = mix(hash, packed[i]);
    free(data);
    free(packed);
    free(unpacked);
    return hash;
}
