// The smallest useful program: one line of text through the C library.
#include <stdio.h>

int main(void) {
    puts("Hello, world!");
    return 0;
}
