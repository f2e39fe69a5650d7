#ifndef CRAFT_RECORDING_H
#define CRAFT_RECORDING_H

#include "CRaftCrashRecorder.h"

#define RAFT_CRASH_PATH 4200

// Whether any recording runs: the only thing that calls ask for when none does.
int raft_crash_is_active(void);

// The recording that `path` belongs to, with all recordings locked; or NULL, with nothing locked. `path` is absolute.
raft_crash_recording *raft_crash_enter(const char *path);
// Every recording: the first one, with all of them locked.
raft_crash_recording *raft_crash_enter_all(void);
raft_crash_recording *raft_crash_next(raft_crash_recording *recording);
void raft_crash_leave(void);

// Copies what the call points to. The recordings must be locked.
void raft_crash_note(raft_crash_recording *recording, raft_crash_call call);

// What a write "fails" with that is to write only the first of its pages.
#define RAFT_CRASH_SHORT (-1)
#define RAFT_CRASH_PAGE 4096

// The error that a call of this kind is to fail with, which is noted then; or 0. The recordings must be locked.
// - call: a write says how long it is.
// - takes_room: whether it writes, lets a file grow or makes one; grows: whether something becomes larger by it.
int raft_crash_error(raft_crash_recording *recording, raft_crash_call call, int takes_room, int grows);

#endif
