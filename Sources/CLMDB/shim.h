#include <lmdb.h>
#include <sys/syscall.h>
#include <unistd.h>

// Linux's fallocate, which Swift's Glibc does not show: unlike posix_fallocate it writes nothing where the file system cannot
// allocate.
static inline int raft_fallocate(int file, long size) {
    return (int)syscall(SYS_fallocate, file, 0, 0L, size);
}
