// What the programs share that call WASI directly: checks that tell what differs from what is expected, with the line.
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <wasi/api.h>

#define ALL_RIGHTS ((__wasi_rights_t)0x1fffffff)
#define PREOPENED 3
#define NONE 4711

static int differences;

static void check(int line, const char *what, long long found, long long expected) {
    if (found != expected) {
        printf("line %d: %s: %lld instead of %lld\n", line, what, found, expected);
        differences++;
    }
}
#define IS(expected, found) check(__LINE__, #found, (long long)(found), (long long)(expected))
#define OK(call) IS(__WASI_ERRNO_SUCCESS, call)
#define FAILS(errno, call) IS(__WASI_ERRNO_##errno, call)

static int opens(const char *path, int oflags, __wasi_rights_t rights, int fdflags, __wasi_fd_t *fd) {
    return __wasi_path_open(PREOPENED, 0, path, oflags, rights, ALL_RIGHTS, fdflags, fd);
}

static __wasi_fd_t made(const char *path) {
    __wasi_fd_t fd = NONE;
    OK(opens(path, __WASI_OFLAGS_CREAT | __WASI_OFLAGS_EXCL, ALL_RIGHTS, 0, &fd));
    return fd;
}

static size_t put(__wasi_fd_t fd, const char *text) {
    __wasi_ciovec_t part = {(const uint8_t *)text, strlen(text)};
    size_t count = NONE;
    OK(__wasi_fd_write(fd, &part, 1, &count));
    return count;
}

static void has(__wasi_fd_t fd, const char *text) {
    uint8_t buffer[64] = {0};
    __wasi_iovec_t part = {buffer, sizeof buffer};
    size_t count = NONE;
    OK(__wasi_fd_pread(fd, &part, 1, 0, &count));
    IS(strlen(text), count);
    IS(0, memcmp(buffer, text, strlen(text)));
}

// The entries from a cookie on, by reading at most `size` bytes at a time: how many there are; names end up in `names`.
static int list(__wasi_fd_t fd, __wasi_dircookie_t cookie, size_t size, char *names) {
    uint8_t buffer[256];
    int entries = 0;
    names[0] = 0;
    for (;;) {
        size_t used = NONE, at = 0;
        OK(__wasi_fd_readdir(fd, buffer, size, cookie, &used));
        __wasi_dirent_t entry;
        while (used - at >= sizeof entry) {
            memcpy(&entry, buffer + at, sizeof entry);
            if (used - at < sizeof entry + entry.d_namlen)
                break;
            strncat(names, (char *)buffer + at + sizeof entry, entry.d_namlen);
            strcat(names, entry.d_type == __WASI_FILETYPE_DIRECTORY ? "/ " : " ");
            at += sizeof entry + entry.d_namlen;
            cookie = entry.d_next;
            entries++;
        }
        if (used < size)
            return entries;
        if (at == 0)
            return -1;
    }
}
