// The smallest program that does something: the yardstick of start-up time and executable size.
#include <stdio.h>

int main(void) {
    puts("Hello, world!");
    return 0;
}
