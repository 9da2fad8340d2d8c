// Files in a preopened folder: create, read, append, seek, truncate, rename, remove, and the errors of each.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void check(int good, const char *what) {
    if (!good) {
        printf("FAILED %s: %s\n", what, strerror(errno));
        exit(1);
    }
}

static void show(const char *path) {
    char buffer[256];
    int fd = open(path, O_RDONLY);
    if (fd < 0) {
        printf("%s: %s\n", path, strerror(errno));
        return;
    }
    ssize_t length = read(fd, buffer, sizeof buffer);
    check(length >= 0, "read");
    printf("%s (%zd): %.*s\n", path, length, (int)length, buffer);
    close(fd);
}

int main(void) {
    show("/data/given.txt");
    show("/data/missing.txt");
    show("/elsewhere/file.txt");

    FILE *file = fopen("/data/new.txt", "w+");
    check(file != NULL, "fopen");
    fprintf(file, "0123456789");
    fseek(file, 3, SEEK_SET);
    fputs("abc", file);
    fseek(file, -2, SEEK_END);
    printf("position %ld, character %c\n", ftell(file), fgetc(file));
    check(fclose(file) == 0, "fclose");
    show("/data/new.txt");

    int fd = open("/data/new.txt", O_WRONLY | O_APPEND);
    check(fd >= 0, "open for appending");
    check(lseek(fd, 0, SEEK_SET) == 0, "lseek");
    check(write(fd, "+tail", 5) == 5, "append");
    check(read(fd, &(char){0}, 1) < 0 && errno == EBADF, "read of a write-only file is refused");
    close(fd);
    show("/data/new.txt");

    fd = open("/data/new.txt", O_RDWR);
    char piece[4] = "";
    check(pread(fd, piece, 3, 3) == 3, "pread");
    check(pwrite(fd, "XY", 2, 0) == 2, "pwrite");
    printf("pread %s, position still %lld\n", piece, (long long)lseek(fd, 0, SEEK_CUR));
    check(ftruncate(fd, 6) == 0, "ftruncate");
    struct stat status;
    check(fstat(fd, &status) == 0, "fstat");
    printf("size %lld, regular %d, links %d\n", (long long)status.st_size, S_ISREG(status.st_mode), (int)status.st_nlink);
    check(lseek(fd, 10, SEEK_SET) == 10, "seek beyond the end");
    check(write(fd, "!", 1) == 1, "write beyond the end");
    check(fstat(fd, &status) == 0 && status.st_size == 11, "the hole counts");
    check(lseek(fd, -1, SEEK_SET) < 0 && errno == EINVAL, "negative seek is refused");
    close(fd);

    check(open("/data/new.txt", O_CREAT | O_EXCL | O_WRONLY, 0666) < 0 && errno == EEXIST, "exclusive creation");
    check(rename("/data/new.txt", "/data/renamed.txt") == 0, "rename");
    check(access("/data/new.txt", F_OK) < 0 && errno == ENOENT, "the old name is gone");
    check(rename("/data/renamed.txt", "/data/given.txt") == 0, "rename over a file");
    check(truncate("/data/given.txt", 3) == 0, "truncate");
    show("/data/given.txt");

    fd = open("/data/doomed.txt", O_CREAT | O_RDWR, 0666);
    check(write(fd, "still here", 10) == 10, "write");
    check(unlink("/data/doomed.txt") == 0, "unlink while open");
    check(lseek(fd, 0, SEEK_SET) == 0 && read(fd, piece, 3) == 3 && memcmp(piece, "sti", 3) == 0, "unlinked, still open");
    close(fd);
    check(unlink("/data/doomed.txt") < 0 && errno == ENOENT, "unlink twice");

    file = fopen("/data/kept.txt", "w");
    for (int i = 0; i < 1000; i++)
        fprintf(file, "line %d\n", i);
    check(fclose(file) == 0, "many lines");
    check(stat("/data/kept.txt", &status) == 0, "stat");
    printf("kept.txt: %lld bytes\n", (long long)status.st_size);
    return 0;
}
