// Copies standard input to standard output with the plain system calls; counts on standard error.
#include <stdio.h>
#include <unistd.h>

int main(void) {
    char buffer[4096];
    unsigned long total = 0;
    ssize_t got;
    while ((got = read(0, buffer, sizeof buffer)) > 0) {
        for (ssize_t done = 0; done < got;) {
            ssize_t put = write(1, buffer + done, got - done);
            if (put < 0) {
                perror("write");
                return 2;
            }
            done += put;
        }
        total += got;
    }
    if (got < 0) {
        perror("read");
        return 1;
    }
    fprintf(stderr, "%lu bytes\n", total);
    return 0;
}
