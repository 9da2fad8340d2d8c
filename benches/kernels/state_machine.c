// State machines: a tokenizer for a C-like language as one big switch over state and character class, plus a counting pass over tokens.
#define DEFAULT_SIZE 4000000
#include "kernel.h"

enum { START, NAME, NUMBER, FRACTION, EXPONENT, STRING, ESCAPE, SLASH, LINE_COMMENT, BLOCK_COMMENT, STAR, OPERATOR, LESS, MINUS, HEX, ZERO };
enum { T_NAME, T_KEYWORD, T_INTEGER, T_FLOAT, T_STRING, T_OPERATOR, T_ARROW, T_SHIFT, T_PUNCTUATION, T_COMMENT, T_ERROR, KINDS };

static int is_letter(int c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static int is_digit(int c) {
    return c >= '0' && c <= '9';
}

static NOINLINE int name_kind(const char *text, uint32_t length) {
    switch (length) {
    case 2: return !memcmp(text, "if", 2) || !memcmp(text, "do", 2) ? T_KEYWORD : T_NAME;
    case 3: return !memcmp(text, "int", 3) || !memcmp(text, "for", 3) ? T_KEYWORD : T_NAME;
    case 4: return !memcmp(text, "else", 4) || !memcmp(text, "void", 4) ? T_KEYWORD : T_NAME;
    case 5: return !memcmp(text, "while", 5) || !memcmp(text, "break", 5) ? T_KEYWORD : T_NAME;
    case 6: return !memcmp(text, "return", 6) || !memcmp(text, "struct", 6) ? T_KEYWORD : T_NAME;
    default: return T_NAME;
    }
}

static NOINLINE void tokenize(const char *text, uint32_t n, uint32_t counts[KINDS]) {
    int state = START;
    uint32_t begin = 0;
    for (uint32_t i = 0; i < n; i++) {
        int c = (unsigned char)text[i];
        switch (state) {
        case START:
            begin = i;
            if (is_letter(c)) {
                state = NAME;
                break;
            }
            switch (c) {
            case ' ': case '\n': case '\t': break;
            case '0': state = ZERO; break;
            case '1': case '2': case '3': case '4': case '5': case '6': case '7': case '8': case '9': state = NUMBER; break;
            case '"': state = STRING; break;
            case '/': state = SLASH; break;
            case '<': state = LESS; break;
            case '-': state = MINUS; break;
            case '+': case '*': case '=': case '!': case '>': case '&': case '|': case '%': state = OPERATOR; break;
            case '(': case ')': case '{': case '}': case '[': case ']': case ';': case ',': case '.': counts[T_PUNCTUATION]++; break;
            default: counts[T_ERROR]++; break;
            }
            break;
        case NAME:
            if (!is_letter(c) && !is_digit(c)) {
                counts[name_kind(text + begin, i - begin)]++;
                state = START, i--;
            }
            break;
        case ZERO:
            if (c == 'x') {
                state = HEX;
                break;
            }
            state = NUMBER;
            // fall through
        case NUMBER:
            if (c == '.')
                state = FRACTION;
            else if (c == 'e')
                state = EXPONENT;
            else if (!is_digit(c))
                counts[T_INTEGER]++, state = START, i--;
            break;
        case HEX:
            if (!is_digit(c) && !(c >= 'a' && c <= 'f'))
                counts[T_INTEGER]++, state = START, i--;
            break;
        case FRACTION:
            if (c == 'e')
                state = EXPONENT;
            else if (!is_digit(c))
                counts[T_FLOAT]++, state = START, i--;
            break;
        case EXPONENT:
            if (!is_digit(c) && c != '-')
                counts[T_FLOAT]++, state = START, i--;
            break;
        case STRING:
            if (c == '\\')
                state = ESCAPE;
            else if (c == '"')
                counts[T_STRING]++, state = START;
            break;
        case ESCAPE: state = STRING; break;
        case SLASH:
            if (c == '/')
                state = LINE_COMMENT;
            else if (c == '*')
                state = BLOCK_COMMENT;
            else
                counts[T_OPERATOR]++, state = START, i--;
            break;
        case LINE_COMMENT:
            if (c == '\n')
                counts[T_COMMENT]++, state = START;
            break;
        case BLOCK_COMMENT:
            if (c == '*')
                state = STAR;
            break;
        case STAR:
            if (c == '/')
                counts[T_COMMENT]++, state = START;
            else if (c != '*')
                state = BLOCK_COMMENT;
            break;
        case OPERATOR:
            counts[T_OPERATOR]++, state = START;
            if (c != '=')
                i--;
            break;
        case LESS:
            counts[c == '<' ? T_SHIFT : T_OPERATOR]++, state = START;
            if (c != '<' && c != '=')
                i--;
            break;
        case MINUS:
            counts[c == '>' ? T_ARROW : T_OPERATOR]++, state = START;
            if (c != '>' && c != '=')
                i--;
            break;
        }
    }
}

static NOINLINE uint64_t kernel(uint32_t n) {
    static const char *const pieces[] = {
        "if (count <= 0x1f) return total;\n", "while (p->next != 0) { p = p->next; }\n", "/* sums ** of squares */\n", "double x = 1.5e-3 + y;\n",
        "s = \"a \\\"quoted\\\" word\";\n", "// to the end of the line\n", "for (i = 0; i < n; i += 2) a[i] = b[i] << 3;\n", "struct point { int x, y; };\n",
        "value = value - 12345 / 7;\n", "else { break; }\n",
    };
    char *text = allocate(n + 64);
    uint32_t seed = 8, at = 0;
    while (at < n) {
        const char *piece = pieces[next_random(&seed) % 10];
        while (*piece && at < n)
            text[at++] = *piece++;
    }
    uint32_t counts[KINDS] = {0};
    for (int pass = 0; pass < 8; pass++)
        tokenize(text, n, counts);
    free(text);
    uint64_t hash = 0;
    for (int i = 0; i < KINDS; i++)
        hash = mix(hash, counts[i]);
    return hash;
}
