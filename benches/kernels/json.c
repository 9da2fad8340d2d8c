// Parsing: JSON text into a tree (recursive descent, an arena, own number parsing), a walk over the tree, and printing it again.
#define DEFAULT_SIZE 30000
#include "kernel.h"

typedef enum { NOTHING, FALSE, TRUE, NUMBER, STRING, ARRAY, OBJECT } Kind;

typedef struct Value {
    Kind kind;
    uint32_t length;
    double number;
    const char *text;
    struct Value *first, *next, *name;
} Value;

static char *arena, *arena_end, *arena_next;
static const char *in;

static void *take(size_t size) {
    size = (size + 15) & ~(size_t)15;
    if ((size_t)(arena_end - arena_next) < size)
        exit(3);
    void *memory = arena_next;
    arena_next += size;
    return memory;
}

static void skip_space(void) {
    while (*in == ' ' || *in == '\n' || *in == '\t' || *in == '\r')
        in++;
}

static Value *make(Kind kind) {
    Value *value = take(sizeof *value);
    *value = (Value){.kind = kind};
    return value;
}

static Value *parse_string(void) {
    Value *value = make(STRING);
    const char *start = ++in;
    while (*in != '"' && *in != '\\')
        in++;
    if (*in == '"') {
        value->text = start;
        value->length = (uint32_t)(in - start);
    } else {
        size_t size = 0;
        for (const char *p = start; *p != '"'; p++, size++)
            p += *p == '\\';
        char *copy = take(size);
        uint32_t at = 0;
        for (in = start; *in != '"'; in++) {
            char c = *in;
            if (c == '\\') {
                c = *++in;
                c = c == 'n' ? '\n' : c == 't' ? '\t' : c;
            }
            copy[at++] = c;
        }
        value->text = copy;
        value->length = at;
    }
    in++;
    return value;
}

static Value *parse_number(void) {
    Value *value = make(NUMBER);
    int negative = *in == '-';
    in += negative;
    uint64_t digits = 0;
    int scale = 0;
    for (; *in >= '0' && *in <= '9'; in++)
        digits = digits * 10 + (uint64_t)(*in - '0');
    if (*in == '.')
        for (in++; *in >= '0' && *in <= '9'; in++, scale--)
            digits = digits * 10 + (uint64_t)(*in - '0');
    if (*in == 'e') {
        int minus = in[1] == '-', exponent = 0;
        for (in += 1 + minus; *in >= '0' && *in <= '9'; in++)
            exponent = exponent * 10 + (*in - '0');
        scale += minus ? -exponent : exponent;
    }
    double number = (double)digits;
    for (; scale < 0; scale++)
        number /= 10.0;
    for (; scale > 0; scale--)
        number *= 10.0;
    value->number = negative ? -number : number;
    return value;
}

static NOINLINE Value *parse_value(void) {
    skip_space();
    switch (*in) {
    case '"': return parse_string();
    case 't': in += 4; return make(TRUE);
    case 'f': in += 5; return make(FALSE);
    case 'n': in += 4; return make(NOTHING);
    case '[':
    case '{': {
        Value *value = make(*in == '[' ? ARRAY : OBJECT), **last = &value->first;
        in++;
        for (skip_space(); *in != ']' && *in != '}'; skip_space()) {
            Value *name = NULL;
            if (value->kind == OBJECT) {
                name = parse_string();
                skip_space();
                in++; // the colon
            }
            Value *member = parse_value();
            member->name = name;
            *last = member;
            last = &member->next;
            value->length++;
            skip_space();
            in += *in == ',';
        }
        in++;
        return value;
    }
    default: return parse_number();
    }
}

static NOINLINE uint64_t walk(const Value *value, uint64_t hash) {
    switch (value->kind) {
    case NUMBER: return mix(hash, bits_of(value->number));
    case STRING:
        for (uint32_t i = 0; i < value->length; i++)
            hash = mix(hash, (uint8_t)value->text[i]);
        return hash;
    case ARRAY:
    case OBJECT:
        for (const Value *member = value->first; member; member = member->next) {
            if (member->name)
                hash = walk(member->name, hash);
            hash = walk(member, hash);
        }
        return mix(hash, value->length);
    default: return mix(hash, value->kind);
    }
}

static char *put(char *out, const char *text, size_t length) {
    memcpy(out, text, length);
    return out + length;
}

static char *print_string(char *out, const Value *value) {
    *out++ = '"';
    for (uint32_t i = 0; i < value->length; i++) {
        char c = value->text[i];
        if (c == '"' || c == '\\' || c == '\n' || c == '\t') {
            *out++ = '\\';
            c = c == '\n' ? 'n' : c == '\t' ? 't' : c;
        }
        *out++ = c;
    }
    *out++ = '"';
    return out;
}

static NOINLINE char *print(char *out, const Value *value) {
    switch (value->kind) {
    case NOTHING: return put(out, "null", 4);
    case FALSE: return put(out, "false", 5);
    case TRUE: return put(out, "true", 4);
    case STRING: return print_string(out, value);
    case NUMBER: {
        char digits[24];
        int64_t thousandths = (int64_t)(value->number * 1000.0);
        int at = 24;
        uint64_t rest = thousandths < 0 ? (uint64_t)-thousandths : (uint64_t)thousandths;
        for (int i = 0; rest || i < 4; i++) {
            if (i == 3)
                digits[--at] = '.';
            digits[--at] = (char)('0' + rest % 10);
            rest /= 10;
        }
        if (thousandths < 0)
            digits[--at] = '-';
        return put(out, digits + at, (size_t)(24 - at));
    }
    default:
        *out++ = value->kind == ARRAY ? '[' : '{';
        for (const Value *member = value->first; member; member = member->next) {
            if (member->name) {
                out = print_string(out, member->name);
                *out++ = ':';
            }
            out = print(out, member);
            if (member->next)
                *out++ = ',';
        }
        *out++ = value->kind == ARRAY ? ']' : '}';
        return out;
    }
}

static char *make_document(uint32_t records) {
    char *text = allocate((size_t)records * 160 + 16), *out = text;
    uint32_t seed = 2;
    *out++ = '[';
    for (uint32_t i = 0; i < records; i++) {
        uint32_t r = next_random(&seed);
        out += snprintf(out, 160, "%s\n{\"id\": %" PRIu32 ", \"name\": \"user \\\"%" PRIu32 "\\\"\", \"score\": -%" PRIu32 ".%03" PRIu32 "e1, \"tags\": [%s, null], \"at\": {\"x\": %" PRIu32 "}}",
                        i ? "," : "", i, r % 1000, r >> 8 & 255, r % 1000, r & 1 ? "true, \"new\"" : "false", r >> 20);
    }
    *out++ = ']';
    *out = 0;
    return text;
}

static NOINLINE uint64_t kernel(uint32_t n) {
    char *text = make_document(n), *printed = allocate((size_t)n * 200 + 64);
    size_t arena_size = (size_t)n * 22 * sizeof(Value);
    arena = allocate(arena_size);
    arena_end = arena + arena_size;
    uint64_t hash = 0;
    for (int pass = 0; pass < 6; pass++) {
        arena_next = arena;
        in = text;
        const Value *document = parse_value();
        hash = walk(document, hash);
        char *end = print(printed, document);
        for (const char *p = printed; p < end; p += 61)
            hash = mix(hash, (uint8_t)*p);
    }
    free(text);
    free(printed);
    free(arena);
    return hash;
}
