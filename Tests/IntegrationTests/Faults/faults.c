// Preloaded into a node by the durability tests: while the file $RAFT_FAULTS/hold exists, whatever makes data durable
// waits; while $RAFT_FAULTS/fail exists, it fails with EIO. That is fsync, fdatasync and msync, and writes to descriptors
// opened with O_DSYNC or O_SYNC, through which LMDB writes its meta page. Each call that waits or fails leaves a line in
// $RAFT_FAULTS/seen.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static int there(const char *name) {
    const char *folder = getenv("RAFT_FAULTS");
    if (!folder) return 0;
    char path[4096];
    struct stat status;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return stat(path, &status) == 0;
}

static void note(const char *what, const char *call) {
    const char *folder = getenv("RAFT_FAULTS");
    if (!folder) return;
    char path[4096], line[64];
    snprintf(path, sizeof path, "%s/seen", folder);
    int length = snprintf(line, sizeof line, "%s %s\n", what, call);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0) return;
    ssize_t (*real_write)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
    if (real_write(fd, line, (size_t)length) < 0) { /* the tests will miss the line */ }
    close(fd);
}

// 0 when the call may go on.
static int gate(const char *call) {
    if (there("only-meta") && strcmp(call, "meta") != 0) return 0;
    if (there("hold")) {
        note("held", call);
        while (there("hold") && !there("fail")) usleep(2000);
    }
    if (there("fail")) {
        note("failed", call);
        errno = EIO;
        return -1;
    }
    return 0;
}

static int is_synchronous(int fd) {
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && (flags & (O_DSYNC | O_SYNC)) != 0;
}

#define REAL(name) ((typeof(&name))dlsym(RTLD_NEXT, #name))

// The disk of the data misbehaves; the mark of the node is on another one.
static int is_mark(int fd) {
    char link[64], path[4096];
    struct stat status;
    if (fstat(fd, &status) == 0 && S_ISDIR(status.st_mode)) return 1;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return strstr(path, ".mark") != NULL;
}

int fsync(int fd) { return !is_mark(fd) && gate("fsync") ? -1 : REAL(fsync)(fd); }
int fdatasync(int fd) { return gate("fdatasync") ? -1 : REAL(fdatasync)(fd); }
int msync(void *address, size_t length, int flags) {
    return gate("msync") ? -1 : REAL(msync)(address, length, flags);
}
ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset) {
    if (is_synchronous(fd) && gate("meta")) return -1;
    return REAL(pwrite)(fd, bytes, count, offset);
}
ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t offset) {
    if (is_synchronous(fd) && gate("meta")) return -1;
    return REAL(pwrite64)(fd, bytes, count, offset);
}
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
    if (is_synchronous(fd) && gate("meta")) return -1;
    return REAL(pwritev)(fd, parts, count, offset);
}
ssize_t write(int fd, const void *bytes, size_t count) {
    if (is_synchronous(fd) && gate("meta")) return -1;
    return REAL(write)(fd, bytes, count);
}
