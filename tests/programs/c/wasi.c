// Every function of WASI 0.1 but those of symbolic links, called as programs in C cannot: what each gives, what it stores, and how
// it fails. What not every system has is in `wasi_posix.c`.
#include "checks.h"

// The C library does not declare it.
int32_t raise_signal(int32_t) __attribute__((import_module("wasi_snapshot_preview1"), import_name("proc_raise")));

static void arguments(void) {
    size_t count = NONE, size = NONE;
    uint8_t *strings[4], bytes[64];
    OK(__wasi_args_sizes_get(&count, &size));
    IS(3, count);
    OK(__wasi_args_get(strings, bytes));
    IS(0, strcmp((char *)strings[1], "one"));
    IS(0, strcmp((char *)strings[2], "two three"));
    IS(size, strings[2] + sizeof "two three" - strings[0]);
    OK(__wasi_environ_sizes_get(&count, &size));
    IS(1, count);
    IS(sizeof "GIVEN=yes", size);
    OK(__wasi_environ_get(strings, bytes));
    IS(0, strcmp((char *)strings[0], "GIVEN=yes"));
}

static void clocks(void) {
    for (uint32_t clock = 0; clock < 4; clock++) {
        __wasi_timestamp_t resolution = 0, first = 0, second = 0;
        OK(__wasi_clock_res_get(clock, &resolution));
        IS(1, resolution > 0 && resolution <= 1000000000);
        OK(__wasi_clock_time_get(clock, 1, &first));
        OK(__wasi_clock_time_get(clock, 1, &second));
        IS(1, first <= second);
    }
    __wasi_timestamp_t now;
    FAILS(INVAL, __wasi_clock_res_get(4, &now));
    FAILS(INVAL, __wasi_clock_time_get(4, 1, &now));
    OK(__wasi_clock_time_get(__WASI_CLOCKID_REALTIME, 1, &now));
    IS(1, now > 1700000000000000000);
}

static void process(void) {
    uint8_t first[32] = {0}, second[32] = {0};
    OK(__wasi_random_get(first, 0));
    IS(0, first[0] | first[31]);
    OK(__wasi_random_get(first, sizeof first));
    OK(__wasi_random_get(second, sizeof second));
    IS(1, memcmp(first, second, sizeof first) != 0);
    FAILS(FAULT, __wasi_random_get((uint8_t *)0xfffffff0, 32));
    OK(__wasi_sched_yield());
    FAILS(INVAL, raise_signal(99));
}

static void preopened(void) {
    __wasi_prestat_t prestat;
    uint8_t name[8] = {0};
    OK(__wasi_fd_prestat_get(PREOPENED, &prestat));
    IS(__WASI_PREOPENTYPE_DIR, prestat.tag);
    IS(5, prestat.u.dir.pr_name_len);
    OK(__wasi_fd_prestat_dir_name(PREOPENED, name, 5));
    IS(0, strcmp((char *)name, "/data"));
    FAILS(NAMETOOLONG, __wasi_fd_prestat_dir_name(PREOPENED, name, 4));
    FAILS(BADF, __wasi_fd_prestat_get(4, &prestat));
}

static void opening(void) {
    __wasi_fd_t fd = NONE, other = NONE;
    FAILS(NOENT, opens("missing", 0, ALL_RIGHTS, 0, &fd));
    fd = made("file");
    FAILS(EXIST, opens("file", __WASI_OFLAGS_CREAT | __WASI_OFLAGS_EXCL, ALL_RIGHTS, 0, &other));
    FAILS(NOTDIR, opens("file", __WASI_OFLAGS_DIRECTORY, __WASI_RIGHTS_FD_READ, 0, &other));
    FAILS(NOTDIR, opens("file/inside", 0, __WASI_RIGHTS_FD_READ, 0, &other));
    FAILS(ISDIR, opens(".", 0, __WASI_RIGHTS_FD_WRITE, 0, &other));
    FAILS(BADF, __wasi_path_open(99, 0, "file", 0, ALL_RIGHTS, 0, 0, &other));
    FAILS(NOTDIR, __wasi_path_open(fd, 0, "file", 0, __WASI_RIGHTS_FD_READ, 0, 0, &other));
    IS(6, put(fd, "before"));
    OK(opens("file", __WASI_OFLAGS_TRUNC, ALL_RIGHTS, 0, &other));
    has(fd, "");
    OK(__wasi_fd_close(other));
    FAILS(BADF, __wasi_fd_close(other));
    OK(__wasi_fd_close(fd));
    OK(__wasi_path_unlink_file(PREOPENED, "file"));
}

static void outside(void) {
    static const char *const paths[] = {"../outside.txt", "/outside.txt", "folder/../../outside.txt", "..", "/"};
    __wasi_fd_t fd;
    __wasi_filestat_t stat;
    OK(__wasi_path_create_directory(PREOPENED, "folder"));
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        FAILS(PERM, opens(paths[i], 0, __WASI_RIGHTS_FD_READ, 0, &fd));
        FAILS(PERM, opens(paths[i], __WASI_OFLAGS_CREAT | __WASI_OFLAGS_TRUNC, __WASI_RIGHTS_FD_WRITE, 0, &fd));
        FAILS(PERM, __wasi_path_filestat_get(PREOPENED, 0, paths[i], &stat));
        FAILS(PERM, __wasi_path_filestat_set_times(PREOPENED, 0, paths[i], 0, 0, __WASI_FSTFLAGS_MTIM_NOW));
        FAILS(PERM, __wasi_path_create_directory(PREOPENED, paths[i]));
        FAILS(PERM, __wasi_path_remove_directory(PREOPENED, paths[i]));
        FAILS(PERM, __wasi_path_unlink_file(PREOPENED, paths[i]));
        FAILS(PERM, __wasi_path_rename(PREOPENED, paths[i], PREOPENED, "stolen"));
        FAILS(PERM, __wasi_path_rename(PREOPENED, "folder", PREOPENED, paths[i]));
        FAILS(PERM, __wasi_path_link(PREOPENED, 0, paths[i], PREOPENED, "stolen"));
    }
    FAILS(NOENT, opens("", 0, __WASI_RIGHTS_FD_READ, 0, &fd));
    OK(__wasi_path_filestat_get(PREOPENED, 0, "folder/../folder/.", &stat));
    OK(__wasi_path_remove_directory(PREOPENED, "folder"));
    char longest[300];
    memset(longest, 'n', sizeof longest);
    longest[299] = 0;
    FAILS(NAMETOOLONG, opens(longest, __WASI_OFLAGS_CREAT, ALL_RIGHTS, 0, &fd));
}

static void transfer(void) {
    __wasi_fd_t fd = made("file");
    __wasi_ciovec_t parts[3] = {{(const uint8_t *)"ab", 2}, {(const uint8_t *)"", 0}, {(const uint8_t *)"cdef", 4}};
    uint8_t first[3] = {0}, second[8] = {0};
    __wasi_iovec_t places[2] = {{first, 3}, {second, 8}};
    size_t count = NONE;
    __wasi_filesize_t position = NONE;
    OK(__wasi_fd_write(fd, parts, 3, &count));
    IS(6, count);
    OK(__wasi_fd_tell(fd, &position));
    IS(6, position);
    OK(__wasi_fd_seek(fd, -5, __WASI_WHENCE_CUR, &position));
    IS(1, position);
    OK(__wasi_fd_read(fd, places, 2, &count));
    IS(5, count);
    IS(0, memcmp(first, "bcd", 3));
    IS(0, memcmp(second, "ef", 2));
    OK(__wasi_fd_read(fd, places, 2, &count));
    IS(0, count);
    OK(__wasi_fd_pwrite(fd, parts, 1, 4, &count));
    IS(2, count);
    OK(__wasi_fd_pread(fd, places, 1, 3, &count));
    IS(3, count);
    IS(0, memcmp(first, "dab", 3));
    OK(__wasi_fd_tell(fd, &position));
    IS(6, position);
    OK(__wasi_fd_seek(fd, 4, __WASI_WHENCE_END, &position));
    IS(10, position);
    FAILS(INVAL, __wasi_fd_seek(fd, -1, __WASI_WHENCE_SET, &position));
    FAILS(INVAL, __wasi_fd_seek(fd, 0, 3, &position));
    FAILS(FAULT, __wasi_fd_read(fd, (const __wasi_iovec_t *)0xfffffff8, 2, &count));
    FAILS(FAULT, __wasi_fd_write(fd, (const __wasi_ciovec_t *)0xfffffff8, 2, &count));
    parts[0].buf = (const uint8_t *)0xffffffff;
    FAILS(FAULT, __wasi_fd_write(fd, parts, 1, &count));
    FAILS(SPIPE, __wasi_fd_tell(0, &position));
    FAILS(BADF, __wasi_fd_read(99, places, 1, &count));
    OK(__wasi_fd_sync(fd));
    OK(__wasi_fd_datasync(fd));
    OK(__wasi_fd_advise(fd, 0, 0, __WASI_ADVICE_WILLNEED));
    FAILS(INVAL, __wasi_fd_advise(fd, 0, 0, 9));
    OK(__wasi_fd_close(fd));
    OK(__wasi_path_unlink_file(PREOPENED, "file"));
}

static void status(void) {
    __wasi_fd_t fd = made("file");
    __wasi_filestat_t stat, again;
    put(fd, "12345");
    OK(__wasi_fd_filestat_get(fd, &stat));
    IS(__WASI_FILETYPE_REGULAR_FILE, stat.filetype);
    IS(5, stat.size);
    IS(1, stat.nlink);
    OK(__wasi_path_filestat_get(PREOPENED, 0, "file", &again));
    IS(stat.ino, again.ino);
    IS(stat.dev, again.dev);
    IS(stat.mtim, again.mtim);
    OK(__wasi_fd_filestat_set_size(fd, 2));
    has(fd, "12");
    OK(__wasi_fd_filestat_set_size(fd, 4));
    OK(__wasi_fd_allocate(fd, 2, 6));
    OK(__wasi_fd_allocate(fd, 0, 1));
    FAILS(INVAL, __wasi_fd_allocate(fd, 0, 0));
    OK(__wasi_fd_filestat_set_times(fd, 1000000000123456700, 1100000000765432100, __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_MTIM));
    OK(__wasi_fd_filestat_get(fd, &stat));
    IS(8, stat.size);
    IS(1100000000765432100, stat.mtim);
    OK(__wasi_path_filestat_set_times(PREOPENED, 0, "file", 0, 1200000000000000000, __WASI_FSTFLAGS_MTIM));
    OK(__wasi_path_filestat_get(PREOPENED, 0, "file", &stat));
    IS(1200000000000000000, stat.mtim);
    FAILS(INVAL, __wasi_fd_filestat_set_times(fd, 0, 0, __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_ATIM_NOW));
    OK(__wasi_path_filestat_get(PREOPENED, 0, ".", &stat));
    IS(__WASI_FILETYPE_DIRECTORY, stat.filetype);
    FAILS(NOENT, __wasi_path_filestat_get(PREOPENED, 0, "missing", &stat));
    FAILS(BADF, __wasi_fd_filestat_get(99, &stat));
    OK(__wasi_fd_close(fd));
    OK(__wasi_path_unlink_file(PREOPENED, "file"));
}

static void descriptors(void) {
    __wasi_fd_t fd = made("file"), other = made("other");
    __wasi_fdstat_t stat;
    size_t count;
    __wasi_ciovec_t part = {(const uint8_t *)"x", 1};
    OK(__wasi_fd_fdstat_get(PREOPENED, &stat));
    IS(__WASI_FILETYPE_DIRECTORY, stat.fs_filetype);
    OK(__wasi_fd_fdstat_get(fd, &stat));
    IS(__WASI_FILETYPE_REGULAR_FILE, stat.fs_filetype);
    IS(0, stat.fs_flags);
    IS(1, (stat.fs_rights_base & __WASI_RIGHTS_FD_WRITE) != 0);
    OK(__wasi_fd_fdstat_set_flags(fd, 0));
    FAILS(INVAL, __wasi_fd_fdstat_set_flags(fd, 0x20));
    FAILS(INVAL, __wasi_fd_fdstat_set_flags(fd, __WASI_FDFLAGS_SYNC));
    OK(__wasi_fd_fdstat_set_rights(fd, __WASI_RIGHTS_FD_READ, 0));
    FAILS(NOTCAPABLE, __wasi_fd_write(fd, &part, 1, &count));
    FAILS(NOTCAPABLE, __wasi_fd_filestat_set_size(fd, 0));
    FAILS(NOTCAPABLE, __wasi_fd_fdstat_set_rights(fd, __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_WRITE, 0));
    OK(__wasi_fd_renumber(other, fd));
    FAILS(BADF, __wasi_fd_fdstat_get(other, &stat));
    IS(1, put(fd, "y"));
    has(fd, "y");
    FAILS(BADF, __wasi_fd_renumber(99, fd));
    OK(__wasi_fd_close(fd));
    OK(opens("other", 0, ALL_RIGHTS, __WASI_FDFLAGS_APPEND, &fd));
    OK(__wasi_fd_fdstat_get(fd, &stat));
    IS(__WASI_FDFLAGS_APPEND, stat.fs_flags);
    put(fd, "z");
    has(fd, "yz");
    OK(__wasi_fd_close(fd));
    OK(__wasi_path_unlink_file(PREOPENED, "file"));
    OK(__wasi_path_unlink_file(PREOPENED, "other"));
}

static void directories(void) {
    __wasi_fd_t folder = NONE, file = NONE;
    char names[256];
    uint8_t buffer[64];
    size_t used;
    OK(__wasi_path_create_directory(PREOPENED, "folder"));
    FAILS(EXIST, __wasi_path_create_directory(PREOPENED, "folder"));
    FAILS(NOENT, __wasi_path_create_directory(PREOPENED, "missing/folder"));
    OK(opens("folder", __WASI_OFLAGS_DIRECTORY, ALL_RIGHTS & ~__WASI_RIGHTS_FD_WRITE, 0, &folder));
    IS(2, list(folder, 0, sizeof buffer, names));
    OK(__wasi_path_create_directory(folder, "inner"));
    OK(__wasi_fd_close(made("folder/file")));
    OK(__wasi_fd_close(folder));
    OK(opens("folder", __WASI_OFLAGS_DIRECTORY, ALL_RIGHTS & ~__WASI_RIGHTS_FD_WRITE, 0, &folder));
    for (size_t size = 40; size <= 256; size += 72) {
        IS(4, list(folder, 0, size, names));
        IS(1, strstr(names, "./ ") && strstr(names, "../ ") && strstr(names, "inner/ ") && strstr(names, "file "));
    }
    // An entry that does not fit is cut off, and the buffer full.
    OK(__wasi_fd_readdir(folder, buffer, 10, 0, &used));
    IS(10, used);
    OK(opens("folder/file", 0, ALL_RIGHTS, 0, &file));
    FAILS(NOTDIR, __wasi_fd_readdir(file, buffer, sizeof buffer, 0, &used));
    OK(__wasi_fd_close(file));
    FAILS(NOTEMPTY, __wasi_path_remove_directory(PREOPENED, "folder"));
    FAILS(NOTDIR, __wasi_path_remove_directory(PREOPENED, "folder/file"));
    FAILS(ISDIR, __wasi_path_unlink_file(PREOPENED, "folder/inner"));
    OK(__wasi_path_rename(folder, "file", PREOPENED, "moved"));
    FAILS(NOTDIR, __wasi_path_rename(PREOPENED, "folder", PREOPENED, "moved"));
    FAILS(ISDIR, __wasi_path_rename(PREOPENED, "moved", PREOPENED, "folder"));
    FAILS(NOENT, __wasi_path_rename(PREOPENED, "missing", PREOPENED, "new"));
    OK(__wasi_path_link(PREOPENED, 0, "moved", folder, "again"));
    FAILS(EXIST, __wasi_path_link(PREOPENED, 0, "moved", folder, "again"));
    __wasi_filestat_t stat;
    OK(__wasi_path_filestat_get(PREOPENED, 0, "moved", &stat));
    IS(2, stat.nlink);
    OK(__wasi_path_unlink_file(PREOPENED, "moved"));
    FAILS(NOENT, __wasi_path_unlink_file(PREOPENED, "moved"));
    OK(__wasi_path_unlink_file(folder, "again"));
    OK(__wasi_path_remove_directory(folder, "inner"));
    OK(__wasi_fd_close(folder));
    OK(__wasi_path_remove_directory(PREOPENED, "folder"));
}

static void polling(void) {
    __wasi_fd_t fd = made("file");
    __wasi_event_t events[3];
    size_t count = NONE;
    __wasi_subscription_t wanted[3] = {
        {.userdata = 0x0102030405060708,
         .u = {.tag = __WASI_EVENTTYPE_CLOCK, .u.clock = {.id = __WASI_CLOCKID_MONOTONIC, .timeout = 1000000}}},
        {.userdata = 2, .u = {.tag = __WASI_EVENTTYPE_FD_WRITE, .u.fd_write.file_descriptor = fd}},
        {.userdata = 3, .u = {.tag = __WASI_EVENTTYPE_FD_READ, .u.fd_read.file_descriptor = 99}},
    };
    put(fd, "four");
    OK(__wasi_poll_oneoff(wanted, events, 1, &count));
    IS(1, count);
    IS(0x0102030405060708, events[0].userdata);
    IS(__WASI_EVENTTYPE_CLOCK, events[0].type);
    IS(0, events[0].error);
    OK(__wasi_poll_oneoff(wanted + 1, events, 2, &count));
    IS(2, count);
    for (size_t i = 0; i < 2; i++) {
        IS(events[i].userdata == 2 ? 0 : __WASI_ERRNO_BADF, events[i].error);
        IS(events[i].userdata == 2 ? __WASI_EVENTTYPE_FD_WRITE : __WASI_EVENTTYPE_FD_READ, events[i].type);
    }
    FAILS(INVAL, __wasi_poll_oneoff(wanted, events, 0, &count));
    OK(__wasi_fd_close(fd));
    OK(__wasi_path_unlink_file(PREOPENED, "file"));
}

static void sockets(void) {
    __wasi_fd_t fd = made("file"), other;
    uint8_t byte;
    __wasi_iovec_t place = {&byte, 1};
    __wasi_ciovec_t part = {&byte, 1};
    size_t count;
    __wasi_roflags_t flags;
    FAILS(NOTSOCK, __wasi_sock_accept(fd, 0, &other));
    FAILS(NOTSOCK, __wasi_sock_recv(fd, &place, 1, 0, &count, &flags));
    FAILS(NOTSOCK, __wasi_sock_send(fd, &part, 1, 0, &count));
    FAILS(NOTSOCK, __wasi_sock_shutdown(fd, __WASI_SDFLAGS_RD));
    FAILS(BADF, __wasi_sock_accept(99, 0, &other));
    FAILS(BADF, __wasi_sock_recv(99, &place, 1, 0, &count, &flags));
    FAILS(BADF, __wasi_sock_send(99, &part, 1, 0, &count));
    FAILS(BADF, __wasi_sock_shutdown(99, __WASI_SDFLAGS_RD));
    OK(__wasi_fd_close(fd));
    OK(__wasi_path_unlink_file(PREOPENED, "file"));
}

int main(void) {
    arguments();
    clocks();
    process();
    preopened();
    opening();
    outside();
    transfer();
    status();
    descriptors();
    directories();
    polling();
    sockets();
    printf("%d differences\n", differences);
    fflush(stdout);
    __wasi_proc_exit(42);
}
