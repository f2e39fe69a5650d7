// The calls that change files, each passed on to libc, unless it is to fail, and noted when it succeeded. What bypasses
// these names (stdio, shared maps, io_uring, raw system calls) is not seen; whoever replays a recording must compare its
// end with the directory and so find out.
#undef _FORTIFY_SOURCE
#define _FORTIFY_SOURCE 0
#define _GNU_SOURCE
#include "recording.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

// libc's own function of this name, looked up once.
#define REAL(name)                                                                                                     \
    ({                                                                                                                 \
        static _Atomic(typeof(&name)) found;                                                                           \
        typeof(&name) function = __atomic_load_n((typeof(&name) *)&found, __ATOMIC_RELAXED);                           \
        if (!function) {                                                                                               \
            function = (typeof(&name))dlsym(RTLD_NEXT, #name);                                                         \
            __atomic_store_n((typeof(&name) *)&found, function, __ATOMIC_RELAXED);                                     \
        }                                                                                                              \
        function;                                                                                                      \
    })

// MARK: Which file

// The absolute path of an open file; 0 when it has none any more.
static int path_of(int fd, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, RAFT_CRASH_PATH - 1);
    if (length <= 0 || path[0] != '/') return 0;
    path[length] = 0;
    static const char deleted[] = " (deleted)";
    size_t tail = sizeof deleted - 1;
    return !((size_t)length > tail && strcmp(path + length - tail, deleted) == 0);
}

// The absolute path that `path` means, its last part not followed.
static int resolve(int directory, const char *path, char *resolved) {
    char whole[2 * RAFT_CRASH_PATH];
    if (!path) return 0;
    if (path[0] == '/') {
        snprintf(whole, sizeof whole, "%s", path);
    } else {
        char base[RAFT_CRASH_PATH];
        if (directory == AT_FDCWD ? !getcwd(base, sizeof base) : !path_of(directory, base)) return 0;
        snprintf(whole, sizeof whole, "%s/%s", base, path);
    }
    size_t length = strlen(whole);
    while (length > 1 && whole[length - 1] == '/') whole[--length] = 0;
    char *slash = strrchr(whole, '/');
    if (!slash) return 0;
    char parent[PATH_MAX];
    *slash = 0;
    if (!realpath(slash == whole ? "/" : whole, parent)) return 0;
    snprintf(resolved, RAFT_CRASH_PATH, "%s/%s", strcmp(parent, "/") == 0 ? "" : parent, slash + 1);
    return 1;
}

// The recording a descriptor's file belongs to, entered; NULL when there is none.
static raft_crash_recording *enter_file(int fd, struct stat *status) {
    char path[RAFT_CRASH_PATH];
    if (!raft_crash_is_active()) return NULL;
    int saved = errno;
    raft_crash_recording *recording = NULL;
    if (fstat(fd, status) == 0 && (S_ISREG(status->st_mode) || S_ISDIR(status->st_mode)) && path_of(fd, path)) {
        recording = raft_crash_enter(path);
    }
    errno = saved;
    return recording;
}

static raft_crash_recording *enter_path(int directory, const char *path, char *resolved) {
    if (!raft_crash_is_active()) return NULL;
    int saved = errno;
    raft_crash_recording *recording = resolve(directory, path, resolved) ? raft_crash_enter(resolved) : NULL;
    errno = saved;
    return recording;
}

// MARK: Opening

typedef struct {
    raft_crash_recording *recording;
    char path[RAFT_CRASH_PATH];
    int existed;
    struct stat before;
} opening;

static int changes_names(int flags) { return (flags & (O_CREAT | O_TRUNC)) != 0; }

static void before_open(opening *opening, int directory, const char *path, int flags) {
    opening->recording = changes_names(flags) ? enter_path(directory, path, opening->path) : NULL;
    if (!opening->recording) return;
    int saved = errno;
    opening->existed = stat(opening->path, &opening->before) == 0;
    errno = saved;
}

// Whether it is to fail, with `errno` set and the recording left.
static int opening_fails(opening *opening, int flags) {
    if (!opening->recording || (opening->existed && !((flags & O_TRUNC) && opening->before.st_size > 0))) return 0;
    raft_crash_call call = {.kind = opening->existed ? raft_crash_resize : raft_crash_create, .path = opening->path};
    int error = raft_crash_error(opening->recording, call, !opening->existed, !opening->existed);
    if (!error) return 0;
    raft_crash_leave();
    errno = error;
    return 1;
}

static int after_open(opening *opening, int fd, int flags) {
    if (!opening->recording) return fd;
    int saved = errno;
    struct stat status;
    if (fd >= 0 && fstat(fd, &status) == 0) {
        raft_crash_call call = {.file = status.st_ino, .path = opening->path};
        if (!opening->existed) {
            call.kind = raft_crash_create;
            raft_crash_note(opening->recording, call);
        } else if ((flags & O_TRUNC) && opening->before.st_size > 0) {
            call.kind = raft_crash_resize;
            raft_crash_note(opening->recording, call);
        }
    }
    raft_crash_leave();
    errno = saved;
    return fd;
}

static int takes_mode(int flags) { return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE; }

#define MODE_ARGUMENT(flags, mode)                                                                                     \
    mode_t mode = 0;                                                                                                   \
    if (takes_mode(flags)) {                                                                                           \
        va_list arguments;                                                                                             \
        va_start(arguments, flags);                                                                                    \
        mode = va_arg(arguments, mode_t);                                                                              \
        va_end(arguments);                                                                                             \
    }

#define DEFINE_OPEN(name)                                                                                              \
    int name(const char *path, int flags, ...) {                                                                       \
        MODE_ARGUMENT(flags, mode)                                                                                     \
        if (!raft_crash_is_active()) return REAL(name)(path, flags, mode);                                             \
        opening opening;                                                                                               \
        before_open(&opening, AT_FDCWD, path, flags);                                                                  \
        if (opening_fails(&opening, flags)) return -1;                                                                 \
        return after_open(&opening, REAL(name)(path, flags, mode), flags);                                             \
    }

#define DEFINE_OPENAT(name)                                                                                            \
    int name(int directory, const char *path, int flags, ...) {                                                        \
        MODE_ARGUMENT(flags, mode)                                                                                     \
        if (!raft_crash_is_active()) return REAL(name)(directory, path, flags, mode);                                  \
        opening opening;                                                                                               \
        before_open(&opening, directory, path, flags);                                                                 \
        if (opening_fails(&opening, flags)) return -1;                                                                 \
        return after_open(&opening, REAL(name)(directory, path, flags, mode), flags);                                  \
    }

#define DEFINE_CREAT(name)                                                                                             \
    int name(const char *path, mode_t mode) {                                                                          \
        if (!raft_crash_is_active()) return REAL(name)(path, mode);                                                    \
        opening opening;                                                                                               \
        before_open(&opening, AT_FDCWD, path, O_CREAT | O_TRUNC);                                                      \
        if (opening_fails(&opening, O_CREAT | O_TRUNC)) return -1;                                                     \
        return after_open(&opening, REAL(name)(path, mode), O_CREAT | O_TRUNC);                                        \
    }

DEFINE_OPEN(open)
DEFINE_OPEN(open64)
DEFINE_OPENAT(openat)
DEFINE_OPENAT(openat64)
DEFINE_CREAT(creat)
DEFINE_CREAT(creat64)

// MARK: Writing

static int is_durable(int fd) { return (fcntl(fd, F_GETFL) & O_DSYNC) != 0; }

// The first `wanted` bytes of `parts`, or all of them when there are fewer; to be freed.
static uint8_t *gather(const struct iovec *parts, int count, size_t wanted, size_t *done) {
    uint8_t *bytes = malloc(wanted ? wanted : 1);
    if (!bytes) abort();
    *done = 0;
    for (int part = 0; part < count && *done < wanted; part++) {
        size_t size = parts[part].iov_len;
        if (size > wanted - *done) size = wanted - *done;
        memcpy(bytes + *done, parts[part].iov_base, size);
        *done += size;
    }
    return bytes;
}

static void note_write(raft_crash_recording *recording, uint64_t file, int64_t offset, const struct iovec *parts, int count,
                       ssize_t written, int durable) {
    size_t length;
    uint8_t *bytes = gather(parts, count, written > 0 ? (size_t)written : 0, &length);
    raft_crash_call call = {
        .kind = raft_crash_write, .file = file, .offset = offset, .length = length, .bytes = bytes, .durable = durable};
    raft_crash_note(recording, call);
    free(bytes);
}

static void note_failed_sync(raft_crash_recording *recording, uint64_t file) {
    raft_crash_note(recording, (raft_crash_call){.kind = raft_crash_failed, .file = file, .offset = raft_crash_sync});
}

static int64_t total(const struct iovec *parts, int count) {
    int64_t size = 0;
    for (int part = 0; part < count; part++) size += parts[part].iov_len;
    return size;
}

// Writes half of the whole pages, as a system does that finds no room for the others.
static ssize_t write_first_pages(int fd, int64_t at, const struct iovec *parts, int count) {
    size_t pages = (size_t)total(parts, count) / RAFT_CRASH_PAGE;
    size_t length;
    uint8_t *bytes = gather(parts, count, (pages > 1 ? pages / 2 : 1) * RAFT_CRASH_PAGE, &length);
    ssize_t written = at < 0 ? REAL(write)(fd, bytes, length) : REAL(pwrite64)(fd, bytes, length, at);
    int saved = errno;
    free(bytes);
    errno = saved;
    return written;
}

// `offset` -1: where the descriptor stands.
#define RECORDED_WRITE(fd, at, parts, count, call)                                                                     \
    struct stat status;                                                                                                \
    raft_crash_recording *recording = enter_file(fd, &status);                                                         \
    if (!recording) return call;                                                                                       \
    int saved = errno;                                                                                                 \
    int64_t offset = (at);                                                                                             \
    if (fcntl(fd, F_GETFL) & O_APPEND) offset = status.st_size;                                                        \
    else if (offset < 0) offset = lseek(fd, 0, SEEK_CUR);                                                              \
    int durable = is_durable(fd);                                                                                      \
    errno = saved;                                                                                                     \
    raft_crash_call attempt = {.kind = raft_crash_write, .file = status.st_ino, .length = total(parts, count)};        \
    int grows = offset + total(parts, count) > status.st_size;                                                         \
    int error = raft_crash_error(recording, attempt, 1, grows);                                                        \
    int is_short = error == RAFT_CRASH_SHORT;                                                                          \
    int unsynced = durable && error == EIO;                                                                            \
    ssize_t written = is_short ? write_first_pages(fd, at, parts, count) : error && !unsynced ? -1 : call;             \
    saved = error && !is_short ? error : errno;                                                                        \
    if (written > 0) note_write(recording, status.st_ino, offset, parts, count, written, durable && !unsynced);        \
    if (unsynced) note_failed_sync(recording, status.st_ino);                                                          \
    raft_crash_leave();                                                                                                \
    errno = saved;                                                                                                     \
    return error && !is_short ? -1 : written;

ssize_t write(int fd, const void *bytes, size_t count) {
    struct iovec part = {(void *)bytes, count};
    RECORDED_WRITE(fd, -1, &part, 1, REAL(write)(fd, bytes, count))
}
ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) {
    struct iovec part = {(void *)bytes, count};
    RECORDED_WRITE(fd, at, &part, 1, REAL(pwrite)(fd, bytes, count, at))
}
ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
    struct iovec part = {(void *)bytes, count};
    RECORDED_WRITE(fd, at, &part, 1, REAL(pwrite64)(fd, bytes, count, at))
}
ssize_t writev(int fd, const struct iovec *parts, int count) {
    RECORDED_WRITE(fd, -1, parts, count, REAL(writev)(fd, parts, count))
}
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at) {
    RECORDED_WRITE(fd, at, parts, count, REAL(pwritev)(fd, parts, count, at))
}
ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t at) {
    RECORDED_WRITE(fd, at, parts, count, REAL(pwritev64)(fd, parts, count, at))
}

// MARK: Sizes

#define NOTE_SIZE(recording, inode, size)                                                                              \
    raft_crash_note(recording, (raft_crash_call){.kind = raft_crash_resize, .file = (inode), .offset = (int64_t)(size)})

// `failure`: how the call says that `error` kept it from doing anything.
#define RECORDED_SIZE(fd, call, success, compute, failure)                                                             \
    struct stat status;                                                                                                \
    raft_crash_recording *recording = enter_file(fd, &status);                                                         \
    if (!recording) return call;                                                                                       \
    int64_t size = (compute);                                                                                          \
    raft_crash_call attempt = {.kind = raft_crash_resize, .file = status.st_ino};                                      \
    int error = raft_crash_error(recording, attempt, size > status.st_size, size > status.st_size);                    \
    int result = error ? (failure) : call;                                                                             \
    int saved = error ? error : errno;                                                                                 \
    if (!error && (success) && size != status.st_size) NOTE_SIZE(recording, status.st_ino, size);                      \
    raft_crash_leave();                                                                                                \
    errno = saved;                                                                                                     \
    return result;

int ftruncate(int fd, off_t length) { RECORDED_SIZE(fd, REAL(ftruncate)(fd, length), result == 0, length, -1) }
int ftruncate64(int fd, off64_t length) { RECORDED_SIZE(fd, REAL(ftruncate64)(fd, length), result == 0, length, -1) }

#define GROWN(offset, length) ((offset) + (length) > status.st_size ? (offset) + (length) : status.st_size)

int posix_fallocate(int fd, off_t offset, off_t length) {
    RECORDED_SIZE(fd, REAL(posix_fallocate)(fd, offset, length), result == 0, GROWN(offset, length), error)
}
int posix_fallocate64(int fd, off64_t offset, off64_t length) {
    RECORDED_SIZE(fd, REAL(posix_fallocate64)(fd, offset, length), result == 0, GROWN(offset, length), error)
}
// With a mode it may do what is not replayed; the comparison at the end of a recording finds that.
int fallocate(int fd, int mode, off_t offset, off_t length) {
    RECORDED_SIZE(fd, REAL(fallocate)(fd, mode, offset, length), result == 0 && mode == 0, GROWN(offset, length), -1)
}
int fallocate64(int fd, int mode, off64_t offset, off64_t length) {
    RECORDED_SIZE(fd, REAL(fallocate64)(fd, mode, offset, length), result == 0 && mode == 0, GROWN(offset, length), -1)
}

#define RECORDED_PATH(directory, path, call, what)                                                                     \
    char resolved[RAFT_CRASH_PATH];                                                                                    \
    raft_crash_recording *recording = enter_path(directory, path, resolved);                                           \
    if (!recording) return call;                                                                                       \
    int error = raft_crash_error(recording, (raft_crash_call){.kind = raft_crash_rename, .path = resolved}, 0, 0);     \
    int result = error ? -1 : call;                                                                                    \
    int saved = error ? error : errno;                                                                                 \
    if (result == 0) raft_crash_note(recording, what);                                                                 \
    raft_crash_leave();                                                                                                \
    errno = saved;                                                                                                     \
    return result;

static raft_crash_call resized(const char *path, int64_t size) {
    struct stat status;
    raft_crash_call call = {.kind = raft_crash_unknown, .path = path};
    if (stat(path, &status) == 0) {
        call = (raft_crash_call){.kind = raft_crash_resize, .file = status.st_ino, .offset = size};
    }
    return call;
}

int truncate(const char *path, off_t length) {
    RECORDED_PATH(AT_FDCWD, path, REAL(truncate)(path, length), resized(resolved, length))
}
int truncate64(const char *path, off64_t length) {
    RECORDED_PATH(AT_FDCWD, path, REAL(truncate64)(path, length), resized(resolved, length))
}

// MARK: Syncing

#define RECORDED_SYNC(fd, call)                                                                                        \
    struct stat status;                                                                                                \
    raft_crash_recording *recording = enter_file(fd, &status);                                                         \
    if (!recording) return call;                                                                                       \
    raft_crash_kind kind = S_ISREG(status.st_mode) ? raft_crash_sync : raft_crash_sync_directory;                      \
    int error = raft_crash_error(recording, (raft_crash_call){.kind = kind, .file = status.st_ino}, 0, 0);             \
    int result = error ? -1 : call;                                                                                    \
    int saved = error ? error : errno;                                                                                 \
    char path[RAFT_CRASH_PATH];                                                                                        \
    if (result == 0 && S_ISREG(status.st_mode)) {                                                                      \
        raft_crash_note(recording, (raft_crash_call){.kind = raft_crash_sync, .file = status.st_ino});                 \
    } else if (result == 0 && path_of(fd, path)) {                                                                     \
        raft_crash_note(recording, (raft_crash_call){.kind = raft_crash_sync_directory, .path = path});                \
    }                                                                                                                  \
    raft_crash_leave();                                                                                                \
    errno = saved;                                                                                                     \
    return result;

int fsync(int fd) { RECORDED_SYNC(fd, REAL(fsync)(fd)) }
int fdatasync(int fd) { RECORDED_SYNC(fd, REAL(fdatasync)(fd)) }

static void note_everything_synced(void) {
    if (!raft_crash_is_active()) return;
    for (raft_crash_recording *each = raft_crash_enter_all(); each; each = raft_crash_next(each)) {
        raft_crash_note(each, (raft_crash_call){.kind = raft_crash_sync_all});
    }
    raft_crash_leave();
}

void sync(void) {
    REAL(sync)();
    note_everything_synced();
}
int syncfs(int fd) {
    int result = REAL(syncfs)(fd);
    if (result == 0) note_everything_synced();
    return result;
}

// MARK: Names

int unlink(const char *path) {
    RECORDED_PATH(AT_FDCWD, path, REAL(unlink)(path), ((raft_crash_call){.kind = raft_crash_remove, .path = resolved}))
}
int unlinkat(int directory, const char *path, int flags) {
    RECORDED_PATH(directory, path, REAL(unlinkat)(directory, path, flags),
                  ((raft_crash_call){.kind = raft_crash_remove, .path = resolved}))
}
int rmdir(const char *path) {
    RECORDED_PATH(AT_FDCWD, path, REAL(rmdir)(path), ((raft_crash_call){.kind = raft_crash_remove, .path = resolved}))
}
int mkdir(const char *path, mode_t mode) {
    RECORDED_PATH(AT_FDCWD, path, REAL(mkdir)(path, mode),
                  ((raft_crash_call){.kind = raft_crash_make_directory, .path = resolved}))
}
int mkdirat(int directory, const char *path, mode_t mode) {
    RECORDED_PATH(directory, path, REAL(mkdirat)(directory, path, mode),
                  ((raft_crash_call){.kind = raft_crash_make_directory, .path = resolved}))
}

// Into a recorded directory or out of it is nothing that can be replayed: found at the end.
#define RECORDED_PAIR(from, path, to, other, call, what)                                                               \
    char second[RAFT_CRASH_PATH];                                                                                      \
    if (!raft_crash_is_active() || !resolve(to, other, second)) return call;                                           \
    RECORDED_PATH(from, path, call, ((raft_crash_call){.kind = what, .path = resolved, .other = second}))

int rename(const char *path, const char *other) {
    RECORDED_PAIR(AT_FDCWD, path, AT_FDCWD, other, REAL(rename)(path, other), raft_crash_rename)
}
int renameat(int from, const char *path, int to, const char *other) {
    RECORDED_PAIR(from, path, to, other, REAL(renameat)(from, path, to, other), raft_crash_rename)
}
int renameat2(int from, const char *path, int to, const char *other, unsigned int flags) {
    RECORDED_PAIR(from, path, to, other, REAL(renameat2)(from, path, to, other, flags),
                  (flags & RENAME_EXCHANGE) ? raft_crash_unknown : raft_crash_rename)
}
int link(const char *path, const char *other) {
    RECORDED_PAIR(AT_FDCWD, path, AT_FDCWD, other, REAL(link)(path, other), raft_crash_link)
}
