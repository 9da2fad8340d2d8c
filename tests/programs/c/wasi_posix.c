// What WASI 0.1 has that Windows has not, or in another way, called as programs in C cannot: symbolic links, files that are appended to
// from some time on, times of access, and directories that are listed while they change.
#include "checks.h"

static void links(void) {
    __wasi_fd_t fd = made("file"), folder = NONE;
    uint8_t target[16] = {0};
    size_t length = NONE;
    __wasi_filestat_t stat;
    put(fd, "text");
    OK(__wasi_fd_close(fd));
    OK(__wasi_path_symlink("file", PREOPENED, "link"));
    FAILS(EXIST, __wasi_path_symlink("file", PREOPENED, "link"));
    OK(__wasi_path_readlink(PREOPENED, "link", target, sizeof target, &length));
    IS(4, length);
    IS(0, memcmp(target, "file", 4));
    OK(__wasi_path_readlink(PREOPENED, "link", target, 2, &length));
    IS(2, length);
    FAILS(INVAL, __wasi_path_readlink(PREOPENED, "file", target, sizeof target, &length));
    FAILS(NOENT, __wasi_path_readlink(PREOPENED, "missing", target, sizeof target, &length));
    OK(__wasi_path_filestat_get(PREOPENED, 0, "link", &stat));
    IS(__WASI_FILETYPE_SYMBOLIC_LINK, stat.filetype);
    IS(4, stat.size);
    OK(__wasi_path_filestat_get(PREOPENED, __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, "link", &stat));
    IS(__WASI_FILETYPE_REGULAR_FILE, stat.filetype);
    FAILS(LOOP, __wasi_path_open(PREOPENED, 0, "link", 0, __WASI_RIGHTS_FD_READ, 0, 0, &fd));
    OK(__wasi_path_open(PREOPENED, __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, "link", 0, ALL_RIGHTS, 0, 0, &fd));
    has(fd, "text");
    OK(__wasi_fd_close(fd));
    OK(__wasi_path_rename(PREOPENED, "link", PREOPENED, "other"));
    OK(__wasi_path_unlink_file(PREOPENED, "other"));
    OK(__wasi_path_create_directory(PREOPENED, "folder"));
    OK(__wasi_path_symlink("folder", PREOPENED, "way"));
    OK(__wasi_path_rename(PREOPENED, "file", PREOPENED, "way/file"));
    OK(__wasi_path_filestat_get(PREOPENED, 0, "folder/file", &stat));
    FAILS(NOTDIR, __wasi_path_remove_directory(PREOPENED, "way"));
    OK(opens("folder", __WASI_OFLAGS_DIRECTORY, ALL_RIGHTS & ~__WASI_RIGHTS_FD_WRITE, 0, &folder));
    OK(__wasi_path_unlink_file(folder, "file"));
    OK(__wasi_fd_close(folder));
    OK(__wasi_path_unlink_file(PREOPENED, "way"));
    OK(__wasi_path_remove_directory(PREOPENED, "folder"));
}

static void links_outside(void) {
    static const char *const targets[] = {"../outside.txt", "/outside.txt", "loop", "folder/../../outside.txt", "folder/up/outside.txt"};
    static const int errors[] = {__WASI_ERRNO_PERM, __WASI_ERRNO_PERM, __WASI_ERRNO_LOOP, __WASI_ERRNO_PERM, __WASI_ERRNO_PERM};
    __wasi_fd_t fd;
    __wasi_filestat_t stat;
    OK(__wasi_path_create_directory(PREOPENED, "folder"));
    OK(__wasi_path_symlink("../..", PREOPENED, "folder/up"));
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        // Absolute targets may be refused when the link is made.
        if (targets[i][0] == '/' && __wasi_path_symlink(targets[i], PREOPENED, "loop") != 0)
            continue;
        if (targets[i][0] != '/')
            OK(__wasi_path_symlink(targets[i], PREOPENED, "loop"));
        IS(errors[i], __wasi_path_open(PREOPENED, 1, "loop", 0, __WASI_RIGHTS_FD_READ, 0, 0, &fd));
        IS(errors[i], __wasi_path_open(PREOPENED, 1, "loop", __WASI_OFLAGS_TRUNC, __WASI_RIGHTS_FD_WRITE, 0, 0, &fd));
        IS(errors[i], __wasi_path_filestat_get(PREOPENED, 1, "loop", &stat));
        OK(__wasi_path_unlink_file(PREOPENED, "loop"));
    }
    FAILS(PERM, opens("folder/up/outside.txt", 0, __WASI_RIGHTS_FD_READ, 0, &fd));
    FAILS(PERM, __wasi_path_create_directory(PREOPENED, "folder/up/made"));
    FAILS(PERM, __wasi_path_unlink_file(PREOPENED, "folder/up/outside.txt"));
    OK(__wasi_path_unlink_file(PREOPENED, "folder/up"));
    OK(__wasi_path_remove_directory(PREOPENED, "folder"));
}

static void appending(void) {
    __wasi_fd_t fd = made("file");
    __wasi_fdstat_t stat;
    __wasi_filesize_t position;
    OK(__wasi_fd_fdstat_set_flags(fd, __WASI_FDFLAGS_APPEND));
    OK(__wasi_fd_fdstat_get(fd, &stat));
    IS(__WASI_FDFLAGS_APPEND, stat.fs_flags);
    put(fd, "one");
    OK(__wasi_fd_seek(fd, 0, __WASI_WHENCE_SET, &position));
    put(fd, "two");
    OK(__wasi_fd_tell(fd, &position));
    IS(6, position);
    has(fd, "onetwo");
    OK(__wasi_fd_fdstat_set_flags(fd, 0));
    OK(__wasi_fd_seek(fd, 0, __WASI_WHENCE_SET, &position));
    put(fd, "ONE");
    has(fd, "ONEtwo");
    OK(__wasi_fd_close(fd));
    OK(__wasi_path_unlink_file(PREOPENED, "file"));
}

static void access_times(void) {
    __wasi_fd_t fd = made("file");
    __wasi_filestat_t stat;
    OK(__wasi_fd_filestat_set_times(fd, 1000000000123456789, 1100000000987654321, __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_MTIM));
    OK(__wasi_fd_filestat_set_times(fd, 0, 1200000000000000001, __WASI_FSTFLAGS_MTIM));
    OK(__wasi_fd_filestat_get(fd, &stat));
    IS(1000000000123456789, stat.atim);
    IS(1200000000000000001, stat.mtim);
    OK(__wasi_path_filestat_set_times(PREOPENED, 0, "file", 1300000000000000001, 0, __WASI_FSTFLAGS_ATIM));
    OK(__wasi_path_filestat_get(PREOPENED, 0, "file", &stat));
    IS(1300000000000000001, stat.atim);
    IS(1200000000000000001, stat.mtim);
    OK(__wasi_fd_close(fd));
    OK(__wasi_path_unlink_file(PREOPENED, "file"));
}

static void changing_directory(void) {
    __wasi_fd_t folder = NONE;
    char names[256];
    OK(__wasi_path_create_directory(PREOPENED, "folder"));
    OK(opens("folder", __WASI_OFLAGS_DIRECTORY, ALL_RIGHTS & ~__WASI_RIGHTS_FD_WRITE, 0, &folder));
    IS(2, list(folder, 0, 64, names));
    OK(__wasi_path_symlink("nowhere", folder, "link"));
    IS(3, list(folder, 0, 64, names));
    IS(1, strstr(names, "link ") != NULL);
    OK(__wasi_path_unlink_file(folder, "link"));
    IS(2, list(folder, 0, 64, names));
    // Removed while it is open: a new one has the name.
    OK(__wasi_path_remove_directory(PREOPENED, "folder"));
    OK(__wasi_path_create_directory(PREOPENED, "folder"));
    OK(__wasi_fd_close(folder));
    OK(__wasi_path_remove_directory(PREOPENED, "folder"));
}

int main(void) {
    links();
    links_outside();
    appending();
    access_times();
    changing_directory();
    printf("%d differences\n", differences);
}
