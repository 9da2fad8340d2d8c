// A byte-code interpreter with one large switch (br_table), running a prime sieve.
#include <stdint.h>
#include <stdio.h>

enum op {
    PUSH, ADD, SUB, MUL, DIV, MOD, AND, OR, XOR, SHL, SHR, NEG, NOT, EQ, NE, LT, LE, GT, GE, DUP, DROP, SWAP, OVER,
    LOAD, STORE, FETCH, PUT, JUMP, BRANCH, CALL, RETURN, PRINT, HALT
};

static int32_t memory[1 << 16];

static int64_t run(const int32_t *code) {
    int32_t stack[64], variables[16] = {0}, calls[16];
    int32_t *sp = stack, *rp = calls;
    int64_t steps = 0;
    for (int32_t pc = 0;; steps++) {
        switch (code[pc++]) {
#define BINARY(name, expression)                                                                                       \
    case name: {                                                                                                       \
        int32_t b = *--sp, a = sp[-1];                                                                                 \
        sp[-1] = (expression);                                                                                         \
        break;                                                                                                         \
    }
            BINARY(ADD, a + b)
            BINARY(SUB, a - b)
            BINARY(MUL, (int32_t)((uint32_t)a * (uint32_t)b))
            BINARY(DIV, a / b)
            BINARY(MOD, a % b)
            BINARY(AND, a & b)
            BINARY(OR, a | b)
            BINARY(XOR, a ^ b)
            BINARY(SHL, a << b)
            BINARY(SHR, a >> b)
            BINARY(EQ, a == b)
            BINARY(NE, a != b)
            BINARY(LT, a < b)
            BINARY(LE, a <= b)
            BINARY(GT, a > b)
            BINARY(GE, a >= b)
        case PUSH: *sp++ = code[pc++]; break;
        case NEG: sp[-1] = -sp[-1]; break;
        case NOT: sp[-1] = ~sp[-1]; break;
        case DUP: *sp = sp[-1], sp++; break;
        case DROP: sp--; break;
        case SWAP: { int32_t top = sp[-1]; sp[-1] = sp[-2]; sp[-2] = top; break; }
        case OVER: *sp = sp[-2], sp++; break;
        case LOAD: *sp++ = variables[code[pc++]]; break;
        case STORE: variables[code[pc++]] = *--sp; break;
        case FETCH: sp[-1] = memory[sp[-1] & 0xffff]; break;
        case PUT: { int32_t value = *--sp; memory[*--sp & 0xffff] = value; break; }
        case JUMP: pc = code[pc]; break;
        case BRANCH: pc = *--sp ? code[pc] : pc + 1; break;
        case CALL: *rp++ = pc + 1; pc = code[pc]; break;
        case RETURN: pc = *--rp; break;
        case PRINT: printf("%d\n", *--sp); break;
        case HALT: return steps;
        default: printf("bad instruction at %d\n", pc - 1); return -1;
        }
    }
}

static int32_t code[128];
static int32_t end;

static int32_t emit(enum op op) {
    code[end] = op;
    return end++;
}

static int32_t emit_with(enum op op, int32_t operand) {
    emit(op);
    code[end] = operand;
    return end++;
}

int main(void) {
    enum { LIMIT = 60000, NUMBER = 0, MULTIPLE = 1, FOUND = 2 };
    emit_with(PUSH, 2), emit_with(STORE, NUMBER);
    int32_t outer = end;
    emit_with(LOAD, NUMBER), emit(FETCH);
    int32_t composite = emit_with(BRANCH, 0);
    int32_t count = emit_with(CALL, 0);
    emit_with(LOAD, NUMBER), emit(DUP), emit(ADD), emit_with(STORE, MULTIPLE);
    int32_t inner = end;
    emit_with(LOAD, MULTIPLE), emit_with(PUSH, LIMIT), emit(GE);
    int32_t done = emit_with(BRANCH, 0);
    emit_with(LOAD, MULTIPLE), emit_with(PUSH, 1), emit(PUT);
    emit_with(LOAD, MULTIPLE), emit_with(LOAD, NUMBER), emit(ADD), emit_with(STORE, MULTIPLE);
    emit_with(JUMP, inner);
    code[composite] = code[done] = end;
    emit_with(LOAD, NUMBER), emit_with(PUSH, 1), emit(ADD), emit(DUP), emit_with(STORE, NUMBER);
    emit_with(PUSH, LIMIT), emit(LT), emit_with(BRANCH, outer);
    emit_with(LOAD, FOUND), emit(PRINT), emit(HALT);
    code[count] = end;
    emit_with(LOAD, FOUND), emit_with(PUSH, 1), emit(ADD), emit_with(STORE, FOUND), emit(RETURN);
    printf("%lld steps\n", (long long)run(code));

    end = 0;
    emit_with(PUSH, 7), emit_with(PUSH, 3), emit(OVER), emit(SWAP), emit(SUB), emit(PRINT); // 7 - 3
    emit(NEG), emit(NOT), emit(PRINT);                                                      // ~-7
    emit_with(PUSH, 1), emit_with(PUSH, 20), emit(SHL), emit_with(PUSH, -1000), emit(DIV), emit(PRINT);
    emit(HALT + 1);
    run(code);
    return 0;
}
