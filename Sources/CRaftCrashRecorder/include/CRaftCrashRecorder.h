// Notes every call of this process that changes files under a directory, so that the directory can be rebuilt as a crash
// at any of them would have left it; and lets some of them fail, as a broken or a full disk does. For tests: linked into an executable, its definitions of open, pwrite, fsync and so
// on stand before libc's, also for the shared libraries the executable uses. Without a recording they only pass on.
#ifndef CRAFT_CRASH_RECORDER_H
#define CRAFT_CRASH_RECORDER_H

#include <stddef.h>
#include <stdint.h>

typedef enum {
    // `path` now names the new, empty file `file`.
    raft_crash_create = 1,
    // `length` bytes were written to `file` at `offset`.
    raft_crash_write = 2,
    // `file` is `offset` bytes long now.
    raft_crash_resize = 3,
    // `file` was synced.
    raft_crash_sync = 4,
    // The names in the directory `path` were synced.
    raft_crash_sync_directory = 5,
    // Everything was synced.
    raft_crash_sync_all = 6,
    // `path` is called `other` now.
    raft_crash_rename = 7,
    // `path` names nothing any more.
    raft_crash_remove = 8,
    // `path` is a new directory.
    raft_crash_make_directory = 9,
    // `other` is one more name of `path`.
    raft_crash_link = 10,
    // Something that cannot be replayed was done to `path`.
    raft_crash_unknown = 11,
    // A call was made to fail, and did nothing; `offset` says which one, as a raft_crash_kind.
    raft_crash_failed = 12,
} raft_crash_kind;

typedef enum {
    raft_crash_no_fault = 0,
    // One call fails with EIO, whatever it is.
    raft_crash_fails_once = 1,
    // Every call that writes, lets a file grow or makes one fails with ENOSPC.
    raft_crash_no_room = 2,
    // As far as a file would become larger by it, or be made: what was allocated before can be written.
    raft_crash_no_growth = 3,
    // The room ends in the middle of a write of several pages, which writes some of them and returns how much that was;
    // from then on as raft_crash_no_room.
    raft_crash_short_write = 4,
} raft_crash_fault;

typedef struct {
    raft_crash_kind kind;
    // The inode; 0 where no file is meant.
    uint64_t file;
    // Absolute, or NULL.
    const char *path;
    const char *other;
    int64_t offset;
    size_t length;
    const uint8_t *bytes;
    // Whether a write was durable when it returned (O_DSYNC, O_SYNC).
    int durable;
} raft_crash_call;

typedef struct raft_crash_recording raft_crash_recording;

// Begins to note calls on what is under `directory`, which must exist. NULL when it does not. Any thread; several
// recordings may run at a time.
raft_crash_recording *raft_crash_begin(const char *directory);
// How many calls were noted so far.
size_t raft_crash_count(raft_crash_recording *recording);
// One of them; what it points to lives until raft_crash_end.
raft_crash_call raft_crash_get(raft_crash_recording *recording, size_t position);
// Lets calls fail from now on, the first `after` of those that might passed on still. A synchronous write that fails has
// been written, and is not synced.
void raft_crash_fail(raft_crash_recording *recording, raft_crash_fault fault, size_t after);
// Stops, and frees what was noted.
void raft_crash_end(raft_crash_recording *recording);

#endif
