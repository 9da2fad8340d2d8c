// Folders and links in a preopened folder, and that no path leaves it.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void outcome(const char *what, int result) {
    printf("%s: %s\n", what, result < 0 ? strerror(errno) : "ok");
}

static void refused(const char *what, int result) {
    printf("%s: %s\n", what, result < 0 ? "refused" : "NOT refused");
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void list(const char *path) {
    DIR *folder = opendir(path);
    if (!folder) {
        outcome(path, -1);
        return;
    }
    char *names[600];
    int count = 0;
    struct dirent *entry;
    while ((entry = readdir(folder)) && count < 600) {
        const char *kind = entry->d_type == DT_DIR ? "/" : entry->d_type == DT_LNK ? "@" : "";
        size_t size = strlen(entry->d_name) + 2;
        names[count] = malloc(size);
        snprintf(names[count++], size, "%s%s", entry->d_name, kind);
    }
    closedir(folder);
    qsort(names, count, sizeof *names, by_name);
    printf("%s has %d entries:", path, count);
    for (int i = 0; i < count; i++)
        if (count < 20 || i < 3 || i > count - 3)
            printf(" %s", names[i]);
    puts("");
}

static void touch(const char *path) {
    int fd = open(path, O_CREAT | O_WRONLY, 0666);
    if (fd < 0 || write(fd, "x", 1) != 1)
        outcome(path, -1);
    close(fd);
}

int main(void) {
    outcome("mkdir", mkdir("/data/folder", 0777));
    outcome("mkdir again", mkdir("/data/folder", 0777));
    outcome("mkdir deep", mkdir("/data/no/such/parent", 0777));
    touch("/data/folder/one");
    touch("/data/folder/two");
    mkdir("/data/folder/inner", 0777);
    outcome("symlink", symlink("one", "/data/folder/link"));
    outcome("hard link", link("/data/folder/two", "/data/folder/twin"));
    list("/data/folder");

    char target[32] = "";
    ssize_t length = readlink("/data/folder/link", target, sizeof target - 1);
    printf("readlink: %zd %s\n", length, target);
    struct stat status;
    stat("/data/folder/link", &status);
    printf("stat follows: regular %d\n", S_ISREG(status.st_mode));
    lstat("/data/folder/link", &status);
    printf("lstat does not: link %d\n", S_ISLNK(status.st_mode));
    stat("/data/folder/two", &status);
    printf("two has %d links\n", (int)status.st_nlink);

    outcome("rmdir of a full folder", rmdir("/data/folder"));
    outcome("rmdir", rmdir("/data/folder/inner"));
    outcome("rmdir of a file", rmdir("/data/folder/one"));
    outcome("unlink of a folder", unlink("/data/folder"));
    outcome("rename of a folder", rename("/data/folder", "/data/moved"));
    list("/data/moved");
    list("/data/folder");

    // Many entries: the listing must go on over several calls with cookies.
    mkdir("/data/many", 0777);
    for (int i = 0; i < 500; i++) {
        char path[64];
        snprintf(path, sizeof path, "/data/many/a-rather-long-entry-name-%03d", i);
        touch(path);
    }
    list("/data/many");

    // Inside stays inside. Which error it is differs between hosts; that it is one must not.
    touch("/data/inside");
    outcome("dot-dot that stays inside", open("/data/moved/../inside", O_RDONLY));
    refused("dot-dot that leaves", open("/data/../outside.txt", O_RDONLY));
    refused("dot-dot hidden in the middle", open("/data/moved/../../outside.txt", O_RDONLY));
    refused("creation outside", open("/data/../created", O_CREAT | O_WRONLY, 0666));
    symlink("../outside.txt", "/data/escape");
    refused("link that leaves", open("/data/escape", O_RDONLY));
    refused("truncation through it", open("/data/escape", O_WRONLY | O_TRUNC));
    symlink("..", "/data/up");
    refused("folder link that leaves", open("/data/up/outside.txt", O_RDONLY));
    symlink("/etc/passwd", "/data/absolute");
    refused("absolute link", open("/data/absolute", O_RDONLY));
    refused("rename to outside", rename("/data/inside", "/data/../stolen"));
    refused("rename from outside", rename("/data/../outside.txt", "/data/stolen"));
    refused("link from outside", link("/data/../outside.txt", "/data/stolen"));
    refused("mkdir outside", mkdir("/data/../made", 0777));
    refused("unlink outside", unlink("/data/../outside.txt"));
    symlink("loop", "/data/loop");
    outcome("link to itself", open("/data/loop", O_RDONLY));
    return 0;
}
