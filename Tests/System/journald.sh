#!/bin/bash
# Checks that a program's records reach a real journald, whole, and that one that stands still, is killed and comes back holds
# nobody up.
#
#   WRITE="raftctl --endpoint ADDRESS --timeout 2s put key value" TRACE="raftctl --endpoint ADDRESS trace --level trace" \
#       Tests/System/journald.sh raftd run --config FILE
#
# WRITE is one call under load, and TRACE has the program record all that it does; without them there is no load. The command
# must record raft.node.started soon after its start, and end on SIGTERM within ten seconds. It runs with a
# journald of its own in a private mount namespace: the machine's journal is not touched. Needs root, systemd-journald
# and unshare. Exits 0 when every check held, 1 when one did not, 77 when the machine cannot run it.
set -u

[ $# -gt 0 ] || { echo "usage: $0 COMMAND [ARGUMENT]..." >&2; exit 64; }
journald=/lib/systemd/systemd-journald
if [ "$(id -u)" != 0 ] || [ ! -x "$journald" ] || ! command -v unshare journalctl >/dev/null; then
    echo "skipped: needs root, $journald, unshare and journalctl" >&2
    exit 77
fi
if [ "${JOURNALD_TEST_INNER:-}" != 1 ]; then
    JOURNALD_TEST_INNER=1 exec unshare --mount --propagation private -- "$0" "$@"
fi

failures=0
program=
journal=

# check WHAT COMMAND...: runs the command and counts a failure.
check() {
    local what=$1
    shift
    if "$@"; then echo "ok: $what"; else echo "FAILED: $what"; failures=$((failures + 1)); fi
}

# eventually COMMAND...: tries until it succeeds, ten seconds at most.
eventually() {
    local end=$((SECONDS + 10))
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.05
    done
    return 0
}

finish() {
    [ -z "$journal" ] || kill -CONT "$journal" 2>/dev/null
    [ -z "$program" ] || kill -KILL "$program" 2>/dev/null
    [ -z "$journal" ] || kill -TERM "$journal" 2>/dev/null
    wait 2>/dev/null
}
trap finish EXIT

records() {
    journalctl --sync 2>/dev/null
    journalctl --quiet --output=json --no-pager "$@"
}
has_record() { [ -n "$(records "$@")" ]; }
has_ended() { ! kill -0 "$1" 2>/dev/null; }

mount -t tmpfs -o mode=755 tmpfs /run/systemd
mount -t tmpfs -o mode=755 tmpfs /run/log
mkdir -p /run/systemd/journald.conf.d /run/systemd/journal /run/log/journal
printf '[Journal]\nStorage=volatile\nReadKMsg=no\nAudit=no\nForwardToWall=no\nForwardToSyslog=no\n' \
    > /run/systemd/journald.conf.d/test.conf
"$journald" &
journal=$!
check "journald is up" eventually test -S /run/systemd/journal/socket

# What goes to standard error while there is no journal is much under load.
"$@" 2>/run/systemd/stderr &
program=$!
check "the node's start is in the journal" eventually has_record RAFT_EVENT=raft.node.started
record=$(records RAFT_EVENT=raft.node.started | head -n 1)
for field in MESSAGE MESSAGE_ID PRIORITY SYSLOG_IDENTIFIER CODE_FILE CODE_LINE CODE_FUNC RAFT_EVENT RAFT_TIME \
    RAFT_CLUSTER RAFT_NODE; do
    check "the record has $field" grep -q "\"$field\":\"" <<< "$record"
done
id=$(grep -oE '"MESSAGE_ID" *: *"[0-9a-f]{32}"' <<< "$record" | grep -oE '[0-9a-f]{32}')
check "the record is found by its MESSAGE_ID" has_record "MESSAGE_ID=${id:-none}"

# Writes so many values, and prints how many nanoseconds that took; a call that fails or lasts too long counts.
writes=400
load() {
    local begin number
    begin=$(date +%s%N)
    for ((number = 0; number < writes; number++)); do $WRITE >/dev/null 2>&1 || echo "$number" >>/run/systemd/failed; done
    echo $(($(date +%s%N) - begin))
}
per_second() { echo $((writes * 1000000000 / $1)); }
# At least half as fast: what is asked for is that nobody waits for the journal, and the machine has other things to do.
keeps_pace() { [ "$1" -lt $((2 * $2)) ]; }

load_one() { $WRITE >/dev/null; }

if [ -n "${WRITE:-}" ] && ! eventually load_one; then
    check "a write is taken" false
elif [ -n "${WRITE:-}" ]; then
    check "all is recorded from now on" eval "$TRACE >/dev/null"
    load >/dev/null
    before=$(load)
    kill -STOP "$journal"
    stopped=$(load)
    kill -CONT "$journal"
    check "what was dropped meanwhile is told" eventually has_record RAFT_EVENT=raft.records.dropped
    count=$(records RAFT_EVENT=raft.records.dropped | sed -nE 's/.*"RAFT_COUNT":"([0-9]+)".*/\1/p' | head -n 1)
    kill -KILL "$journal"
    wait "$journal" 2>/dev/null
    gone=$(load)
    "$journald" &
    journal=$!
    since="@$(date +%s.%N)"
    back=$(load)
    check "records are in the journal again" eventually has_record --since "$since" RAFT_EVENT=raft.entries.applied
    echo "writes a second: $(per_second "$before") with a journal, $(per_second "$stopped") while it stood still" \
        "(${count:-0} records dropped), $(per_second "$gone") without one, $(per_second "$back") when it was back"
    for each in "$stopped" "$gone" "$back"; do check "writes keep their pace" keeps_pace "$each" "$before"; done
    TRACEPARENT=00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01 load_one
    check "a trace is found by its id" eventually has_record TRACE_ID=4bf92f3577b34da6a3ce929d0e0e4736 RAFT_SPAN=raft.persist
    check "no write failed or waited" test ! -e /run/systemd/failed
fi

# A stopped journald accepts about ten datagrams, then blocks every writer.
kill -STOP "$journal"
kill -TERM "$program"
check "the program ends although journald stands still" eventually has_ended "$program"
wait "$program"
check "the program ended with status 0" test $? = 0
program=
kill -CONT "$journal"

if [ "$failures" != 0 ]; then
    tail -n 5 /run/systemd/stderr
    echo "$failures checks failed"
    exit 1
fi
echo "all checks held"
