// Pattern matching: a backtracking matcher for small regular expressions (literals, ., classes, *, +, ?, alternation by groups).
#define DEFAULT_SIZE 60000
#include "kernel.h"

typedef enum { CHARACTER, ANY, CLASS, GROUP, END } Kind;

typedef struct {
    Kind kind;
    uint8_t character, at_least, at_most; // at_most 0: no limit
    uint32_t set[8];                      // CLASS: one bit a character
    int alternatives[4], count;           // GROUP: where its alternatives start; each ends with END
} Item;

static Item program[128];
static int program_size;

static int parse_sequence(const char **pattern);

static void parse_class(const char **pattern, Item *item) {
    int negate = **pattern == '^';
    if (negate)
        ++*pattern;
    while (**pattern != ']') {
        uint8_t low = (uint8_t)*(*pattern)++, high = low;
        if (**pattern == '-') {
            high = (uint8_t)(*pattern)[1];
            *pattern += 2;
        }
        for (int c = low; c <= high; c++)
            item->set[c >> 5] |= 1u << (c & 31);
    }
    ++*pattern;
    if (negate)
        for (int i = 0; i < 8; i++)
            item->set[i] = ~item->set[i];
}

static Item parse_item(const char **pattern) {
    Item item = {.at_least = 1, .at_most = 1};
    char c = *(*pattern)++;
    if (c == '.') {
        item.kind = ANY;
    } else if (c == '[') {
        item.kind = CLASS;
        parse_class(pattern, &item);
    } else if (c == '(') {
        item.kind = GROUP;
        do
            item.alternatives[item.count++] = parse_sequence(pattern);
        while (*(*pattern)++ == '|');
    } else {
        item.kind = CHARACTER;
        item.character = (uint8_t)c;
    }
    switch (**pattern) {
    case '*': item.at_least = 0, item.at_most = 0; break;
    case '+': item.at_most = 0; break;
    case '?': item.at_least = 0; break;
    default: return item;
    }
    ++*pattern;
    return item;
}

// Items of a sequence lie together, so inner groups, which are parsed first, are laid out before it.
static int parse_sequence(const char **pattern) {
    Item items[16];
    int count = 0;
    while (**pattern && **pattern != '|' && **pattern != ')')
        items[count++] = parse_item(pattern);
    int start = program_size;
    memcpy(program + program_size, items, (size_t)count * sizeof *items);
    program_size += count;
    program[program_size++] = (Item){.kind = END};
    return start;
}

// What is still to be matched after a sequence ends.
typedef struct Rest {
    const Item *item;
    uint32_t repeated;
    const char *entered; // where the group began: an empty repetition stops there
    const struct Rest *outer;
} Rest;

static const char *match_here(const Item *item, const char *text, const Rest *rest);

static NOINLINE const char *match_group(const Item *group, uint32_t repeated, const char *text, const Rest *outer) {
    if (!group->at_most || repeated < group->at_most) {
        Rest again = {group, repeated + 1, text, outer};
        for (int i = 0; i < group->count; i++) {
            const char *end = match_here(&program[group->alternatives[i]], text, &again);
            if (end)
                return end;
        }
    }
    return repeated >= group->at_least ? match_here(group + 1, text, outer) : NULL;
}

static inline int accepts(const Item *item, uint8_t c) {
    switch (item->kind) {
    case CHARACTER: return c == item->character;
    case ANY: return c != '\n';
    default: return item->set[c >> 5] >> (c & 31) & 1;
    }
}

static NOINLINE const char *match_here(const Item *item, const char *text, const Rest *rest) {
    for (;; item++) {
        if (item->kind == END) {
            if (!rest)
                return text;
            if (text == rest->entered)
                return NULL;
            return match_group(rest->item, rest->repeated, text, rest->outer);
        }
        if (item->kind == GROUP)
            return match_group(item, 0, text, rest);
        uint32_t taken = 0;
        while (text[taken] && (!item->at_most || taken < item->at_most) && accepts(item, (uint8_t)text[taken]))
            taken++;
        if (taken < item->at_least)
            return NULL;
        for (; taken > item->at_least; taken--) {
            const char *end = match_here(item + 1, text + taken, rest);
            if (end)
                return end;
        }
        text += taken;
    }
}

static NOINLINE uint64_t kernel(uint32_t n) {
    static const char *const patterns[] = {
        "[a-z]+@[a-z]+[.](com|org|net)", "(ab|a)(bc|c)*d", "[0-9]+-[0-9]+(-[0-9]+)?", "x(.*)y(.*)z",
        "(a|b|c)+[^a-z]", "(very |quite )*(small|large) (box|set)", "[A-Z][a-z]*( [A-Z][a-z]*)+", "(fo?o|ba+r)+baz",
    };
    static const char *const pieces[] = {"mail to joe@site.org ", "abcbcd abccd ", "2024-12-31 ", "xaybzcxyz ", "aabbcc1 ", "very quite very large box ",
                                         "Ada Lovelace ", "foobaarfobaz ", "x plain text y ", "someone@nowhere "};
    char *text = allocate(n + 1);
    uint32_t seed = 6, at = 0;
    while (at < n) {
        const char *piece = pieces[next_random(&seed) % 10];
        while (*piece && at < n)
            text[at++] = *piece++;
        if (at < n && next_random(&seed) % 4 == 0)
            text[at++] = '\n';
    }
    text[n] = 0;
    uint64_t hash = 0;
    for (int pass = 0; pass < 12; pass++) {
        for (int p = 0; p < 8; p++) {
            program_size = 0;
            const char *pattern = patterns[p];
            int start = parse_sequence(&pattern);
            for (const char *from = text; *from;) {
                const char *end = match_here(&program[start], from, NULL);
                if (end && end > from) {
                    hash = mix(hash, (uint64_t)(end - from));
                    from = end;
                } else {
                    from++;
                }
            }
        }
    }
    free(text);
    return hash;
}
