#define _GNU_SOURCE
#include "recording.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct raft_crash_recording {
    char *directory;
    size_t directory_length;
    raft_crash_call *calls;
    size_t count;
    size_t capacity;
    raft_crash_fault fault;
    size_t until_fault;
    raft_crash_recording *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static raft_crash_recording *recordings;
static atomic_int active;

int raft_crash_is_active(void) { return atomic_load_explicit(&active, memory_order_relaxed) != 0; }

raft_crash_recording *raft_crash_enter(const char *path) {
    pthread_mutex_lock(&lock);
    for (raft_crash_recording *each = recordings; each; each = each->next) {
        if (strncmp(path, each->directory, each->directory_length) != 0) continue;
        char next = path[each->directory_length];
        if (next == '/' || next == 0) return each;
    }
    pthread_mutex_unlock(&lock);
    return NULL;
}

raft_crash_recording *raft_crash_enter_all(void) {
    pthread_mutex_lock(&lock);
    return recordings;
}

raft_crash_recording *raft_crash_next(raft_crash_recording *recording) { return recording->next; }

void raft_crash_leave(void) { pthread_mutex_unlock(&lock); }

static char *copy(const char *text) { return text ? strdup(text) : NULL; }

void raft_crash_note(raft_crash_recording *recording, raft_crash_call call) {
    if (recording->count == recording->capacity) {
        recording->capacity = recording->capacity ? 2 * recording->capacity : 64;
        recording->calls = realloc(recording->calls, recording->capacity * sizeof(raft_crash_call));
        if (!recording->calls) abort();
    }
    call.path = copy(call.path);
    call.other = copy(call.other);
    if (call.bytes) {
        uint8_t *bytes = malloc(call.length ? call.length : 1);
        if (!bytes) abort();
        memcpy(bytes, call.bytes, call.length);
        call.bytes = bytes;
    }
    recording->calls[recording->count++] = call;
}

void raft_crash_fail(raft_crash_recording *recording, raft_crash_fault fault, size_t after) {
    pthread_mutex_lock(&lock);
    recording->fault = fault;
    recording->until_fault = after;
    pthread_mutex_unlock(&lock);
}

int raft_crash_error(raft_crash_recording *recording, raft_crash_call call, int takes_room, int grows) {
    switch (recording->fault) {
    case raft_crash_no_fault: return 0;
    case raft_crash_fails_once: break;
    case raft_crash_no_room:
        if (!takes_room) return 0;
        break;
    case raft_crash_no_growth:
        if (!grows) return 0;
        break;
    case raft_crash_short_write:
        if (call.kind != raft_crash_write || call.length <= RAFT_CRASH_PAGE) return 0;
        break;
    }
    if (recording->until_fault > 0) {
        recording->until_fault--;
        return 0;
    }
    int error = ENOSPC;
    if (recording->fault == raft_crash_fails_once) {
        error = EIO;
        recording->fault = raft_crash_no_fault;
    } else if (recording->fault == raft_crash_short_write) {
        error = RAFT_CRASH_SHORT;
        recording->fault = raft_crash_no_room;
    }
    raft_crash_note(recording, (raft_crash_call){.kind = raft_crash_failed, .file = call.file, .path = call.path,
                                                 .offset = call.kind});
    return error;
}

raft_crash_recording *raft_crash_begin(const char *directory) {
    raft_crash_recording *recording = calloc(1, sizeof *recording);
    if (!recording) return NULL;
    recording->directory = realpath(directory, NULL);
    if (!recording->directory) {
        free(recording);
        return NULL;
    }
    recording->directory_length = strlen(recording->directory);
    pthread_mutex_lock(&lock);
    recording->next = recordings;
    recordings = recording;
    atomic_fetch_add(&active, 1);
    pthread_mutex_unlock(&lock);
    return recording;
}

size_t raft_crash_count(raft_crash_recording *recording) {
    pthread_mutex_lock(&lock);
    size_t count = recording->count;
    pthread_mutex_unlock(&lock);
    return count;
}

raft_crash_call raft_crash_get(raft_crash_recording *recording, size_t position) {
    pthread_mutex_lock(&lock);
    raft_crash_call call = recording->calls[position];
    pthread_mutex_unlock(&lock);
    return call;
}

void raft_crash_end(raft_crash_recording *recording) {
    pthread_mutex_lock(&lock);
    for (raft_crash_recording **each = &recordings; *each; each = &(*each)->next) {
        if (*each != recording) continue;
        *each = recording->next;
        atomic_fetch_sub(&active, 1);
        break;
    }
    pthread_mutex_unlock(&lock);
    for (size_t position = 0; position < recording->count; position++) {
        free((void *)recording->calls[position].path);
        free((void *)recording->calls[position].other);
        free((void *)recording->calls[position].bytes);
    }
    free(recording->calls);
    free(recording->directory);
    free(recording);
}
