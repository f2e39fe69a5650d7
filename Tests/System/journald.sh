#!/bin/bash
# Checks that a program's records reach a real journald, whole, and that a journald that stands still does not stop it.
#
#   Tests/System/journald.sh raftd run --config FILE
#
# The command must record raft.node.started soon after its start, and end on SIGTERM within ten seconds. It runs with a
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

"$@" &
program=$!
check "the node's start is in the journal" eventually has_record RAFT_EVENT=raft.node.started
record=$(records RAFT_EVENT=raft.node.started | head -n 1)
for field in MESSAGE MESSAGE_ID PRIORITY SYSLOG_IDENTIFIER CODE_FILE CODE_LINE CODE_FUNC RAFT_EVENT RAFT_TIME \
    RAFT_CLUSTER RAFT_NODE; do
    check "the record has $field" grep -q "\"$field\":\"" <<< "$record"
done
id=$(grep -oE '"MESSAGE_ID" *: *"[0-9a-f]{32}"' <<< "$record" | grep -oE '[0-9a-f]{32}')
check "the record is found by its MESSAGE_ID" has_record "MESSAGE_ID=${id:-none}"

# A stopped journald accepts about ten datagrams, then blocks every writer.
kill -STOP "$journal"
kill -TERM "$program"
check "the program ends although journald stands still" eventually has_ended "$program"
wait "$program"
check "the program ended with status 0" test $? = 0
program=
kill -CONT "$journal"

if [ "$failures" != 0 ]; then
    echo "$failures checks failed"
    exit 1
fi
echo "all checks held"
