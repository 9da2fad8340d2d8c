// Shows the arguments and the whole environment.
#include <stdio.h>
#include <stdlib.h>

extern char **environ;

int main(int argc, char **argv) {
    printf("argc=%d\n", argc);
    for (int i = 1; i < argc; i++) {
        printf("argv[%d]=", i);
        // Bytes outside ASCII in hexadecimal: arguments need not be UTF-8.
        for (unsigned char *c = (unsigned char *)argv[i]; *c; c++)
            printf(*c < 0x20 || *c > 0x7e ? "\\x%02x" : "%c", *c);
        puts(".");
    }
    for (char **entry = environ; *entry; entry++)
        puts(*entry);
    const char *value = getenv("GREETING");
    printf("GREETING is %s\n", value ? value : "not set");
    return 0;
}
