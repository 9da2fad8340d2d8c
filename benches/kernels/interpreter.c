// Interpreter dispatch: a register-less stack machine in one loop around a dense switch, which becomes br_table, running a small program.
#define DEFAULT_SIZE 2500000
#include "kernel.h"

enum {
    OP_HALT, OP_PUSH, OP_LOAD, OP_STORE, OP_ADD, OP_SUB, OP_MUL, OP_AND, OP_OR, OP_XOR, OP_SHL, OP_SHR,
    OP_LESS, OP_EQUAL, OP_JUMP, OP_BRANCH, OP_DUP, OP_DROP, OP_SWAP, OP_GET, OP_PUT, OP_CALL, OP_RETURN, OP_NOT,
};

typedef struct {
    uint8_t op;
    int32_t operand;
} Instruction;

static NOINLINE int32_t run(const Instruction *code, int32_t *locals, int32_t *cells, uint64_t *executed) {
    int32_t stack[64], calls[16];
    int32_t *top = stack;
    int32_t at = 0, depth = 0;
    uint64_t count = 0;
    for (;;) {
        Instruction now = code[at++];
        count++;
        switch (now.op) {
        case OP_PUSH: *++top = now.operand; break;
        case OP_LOAD: *++top = locals[now.operand]; break;
        case OP_STORE: locals[now.operand] = *top--; break;
        case OP_ADD: top--; top[0] = (int32_t)((uint32_t)top[0] + (uint32_t)top[1]); break;
        case OP_SUB: top--; top[0] = (int32_t)((uint32_t)top[0] - (uint32_t)top[1]); break;
        case OP_MUL: top--; top[0] = (int32_t)((uint32_t)top[0] * (uint32_t)top[1]); break;
        case OP_AND: top--; top[0] &= top[1]; break;
        case OP_OR: top--; top[0] |= top[1]; break;
        case OP_XOR: top--; top[0] ^= top[1]; break;
        case OP_SHL: top--; top[0] = (int32_t)((uint32_t)top[0] << (top[1] & 31)); break;
        case OP_SHR: top--; top[0] = (int32_t)((uint32_t)top[0] >> (top[1] & 31)); break;
        case OP_LESS: top--; top[0] = top[0] < top[1]; break;
        case OP_EQUAL: top--; top[0] = top[0] == top[1]; break;
        case OP_JUMP: at = now.operand; break;
        case OP_BRANCH: if (*top--) at = now.operand; break;
        case OP_DUP: top[1] = top[0]; top++; break;
        case OP_DROP: top--; break;
        case OP_SWAP: { int32_t held = top[0]; top[0] = top[-1]; top[-1] = held; break; }
        case OP_GET: top[0] = cells[top[0] & 255]; break;
        case OP_PUT: top -= 2; cells[top[1] & 255] = top[2]; break;
        case OP_CALL: calls[depth++] = at; at = now.operand; break;
        case OP_RETURN: at = calls[--depth]; break;
        case OP_NOT: top[0] = ~top[0]; break;
        default: *executed = count; return *top;
        }
    }
}

static NOINLINE uint64_t kernel(uint32_t n) {
    // i = 0; do { cells[i] = mixed(cells[i] ^ i) + i; sum += cells[i]; i += 1 } while (i < n); sum
    static const Instruction code[] = {
        {OP_PUSH, 0}, {OP_STORE, 0},                                                                       // 0: i = 0
        {OP_LOAD, 0}, {OP_LOAD, 0}, {OP_GET, 0}, {OP_LOAD, 0}, {OP_XOR, 0}, {OP_CALL, 20},                  // 2: loop
        {OP_LOAD, 0}, {OP_ADD, 0}, {OP_DUP, 0}, {OP_LOAD, 1}, {OP_ADD, 0}, {OP_STORE, 1}, {OP_PUT, 0},      // 8
        {OP_JUMP, 31},                                                                                     // 15
        {OP_LOAD, 1}, {OP_HALT, 0}, {OP_HALT, 0}, {OP_HALT, 0},                                             // 16: end
        {OP_PUSH, 0x2545f491}, {OP_MUL, 0}, {OP_DUP, 0}, {OP_PUSH, 15}, {OP_SHR, 0}, {OP_XOR, 0},           // 20: mixed
        {OP_NOT, 0}, {OP_PUSH, 0x00ffffff}, {OP_AND, 0}, {OP_RETURN, 0}, {OP_HALT, 0},                      // 26
        {OP_LOAD, 0}, {OP_PUSH, 1}, {OP_ADD, 0}, {OP_DUP, 0}, {OP_STORE, 0}, {OP_LOAD, 2}, {OP_LESS, 0},    // 31: next
        {OP_BRANCH, 2}, {OP_JUMP, 16},                                                                     // 38
    };
    int32_t locals[3] = {0, 0, (int32_t)n};
    int32_t *cells = allocate(256 * sizeof *cells);
    for (int i = 0; i < 256; i++)
        cells[i] = i * i;
    uint64_t executed = 0;
    int32_t result = run(code, locals, cells, &executed);
    free(cells);
    return mix((uint32_t)result, executed);
}
