// Pointer chasing: a treap (search tree with random priorities), with insertion by rotation, look-up, deletion and an ordered walk.
#define DEFAULT_SIZE 40000
#include "kernel.h"

typedef struct Node {
    struct Node *left, *right;
    uint32_t key, priority, count;
} Node;

static Node *pool;
static uint32_t pool_used;

static Node *rotate_right(Node *node) {
    Node *top = node->left;
    node->left = top->right;
    top->right = node;
    return top;
}

static Node *rotate_left(Node *node) {
    Node *top = node->right;
    node->right = top->left;
    top->left = node;
    return top;
}

static NOINLINE Node *insert(Node *node, uint32_t key, uint32_t priority) {
    if (!node) {
        node = &pool[pool_used++];
        *node = (Node){NULL, NULL, key, priority, 1};
        return node;
    }
    if (key < node->key) {
        node->left = insert(node->left, key, priority);
        if (node->left->priority > node->priority)
            node = rotate_right(node);
    } else if (key > node->key) {
        node->right = insert(node->right, key, priority);
        if (node->right->priority > node->priority)
            node = rotate_left(node);
    } else {
        node->count++;
    }
    return node;
}

static NOINLINE Node *remove_key(Node *node, uint32_t key) {
    if (!node)
        return NULL;
    if (key < node->key) {
        node->left = remove_key(node->left, key);
    } else if (key > node->key) {
        node->right = remove_key(node->right, key);
    } else if (!node->left) {
        return node->right;
    } else if (!node->right) {
        return node->left;
    } else if (node->left->priority > node->right->priority) {
        node = rotate_right(node);
        node->right = remove_key(node->right, key);
    } else {
        node = rotate_left(node);
        node->left = remove_key(node->left, key);
    }
    return node;
}

static NOINLINE const Node *find(const Node *node, uint32_t key) {
    while (node && node->key != key)
        node = key < node->key ? node->left : node->right;
    return node;
}

static NOINLINE uint64_t walk(const Node *node, uint64_t hash) {
    while (node) {
        hash = walk(node->left, hash);
        hash = mix(hash, node->key ^ node->count);
        node = node->right;
    }
    return hash;
}

static NOINLINE uint64_t kernel(uint32_t n) {
    pool = allocate(n * sizeof *pool);
    uint64_t hash = 0;
    for (uint32_t round = 0; round < 4; round++) {
        uint32_t seed = 17 + round, found = 0;
        Node *root = NULL;
        pool_used = 0;
        for (uint32_t i = 0; i < n; i++)
            root = insert(root, next_random(&seed) % (4 * n), next_random(&seed));
        for (uint32_t i = 0; i < 6 * n; i++) {
            const Node *node = find(root, next_random(&seed) % (4 * n));
            found += node ? node->count : 0;
        }
        for (uint32_t i = 0; i < n; i++)
            root = remove_key(root, next_random(&seed) % (4 * n));
        hash = mix(walk(root, hash), found);
    }
    free(pool);
    return hash;
}
