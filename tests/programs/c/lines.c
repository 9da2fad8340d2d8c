// Buffered reading of standard input: lines, words, numbers, pushed-back characters.
#include <ctype.h>
#include <stdio.h>
#include <string.h>

int main(void) {
    char line[128];
    int count = 0;
    long total = 0;
    setvbuf(stdin, NULL, _IOFBF, 7); // shorter than any line, so that lines span refills
    int first = getchar();
    ungetc(first, stdin);
    while (fgets(line, sizeof line, stdin)) {
        size_t length = strlen(line);
        int complete = length > 0 && line[length - 1] == '\n';
        line[strcspn(line, "\n")] = 0;
        int value;
        if (sscanf(line, "%d", &value) == 1)
            total += value;
        for (char *c = line; *c; c++)
            *c = toupper((unsigned char)*c);
        printf("%d%s %s\n", ++count, complete ? ":" : "!", line);
    }
    printf("first=%c total=%ld eof=%d error=%d\n", first, total, feof(stdin) != 0, ferror(stdin) != 0);
    return 0;
}
