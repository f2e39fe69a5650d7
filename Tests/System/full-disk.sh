#!/bin/bash
# Fills the disk of a node under load (rule D4). The node goes on: it refuses writes and says what is wrong, answers reads,
# votes, hands leadership to a node with room, and once there is room again it takes writes, without a restart. Nothing
# acknowledged may be lost.
#
#   Tests/System/full-disk.sh DIRECTORY-OF-PROGRAMS
#
# Only a disk too small for what a node begins with may keep it from starting. Needs root, e2fsprogs, mount and unshare. Exits 0 when every check held, 1 when one did not, 77 when the
# machine cannot run it.
set -u
binaries=${1:?usage: $0 DIRECTORY-OF-PROGRAMS}
. "$(dirname "$0")/common.bash"
needs mkfs.ext4 mount umount unshare fallocate
isolate_mounts "$@"
prepare
padding=$(printf '%65536s' '' | tr ' ' x)
export RAFTCTL_ENDPOINTS

# fill DISK: takes all that is left, in ever smaller pieces.
fill() {
    local size number=0
    for size in 16M 1M 64K 4K; do
        while fallocate -l $size "$work/$1/filler.$size.$((number += 1))" 2>/dev/null; do :; done
        rm -f "$work/$1/filler.$size.$number"
    done
}
empty() { rm -f "$work/$1"/filler.*; }
left() { df --output=avail -k "$work/$1" | tail -n 1 | tr -d ' '; }

refuses() {
    ask "$1" put refused? "$padding" >/dev/null 2>"$work/refusal"
    [ $? = 4 ] && grep -q 'full' "$work/refusal"
}
is_full() { [ "$(field "$1" diskFull)" = true ]; }
has_room() { [ "$(field "$1" diskFull)" = false ]; }
# stop_status ID: how the node ended, or "runs".
stop_status() {
    if runs "$1"; then echo runs; return; fi
    wait "${process[$1]}"
    echo $?
    unset "process[$1]"
}
# explains ID: the last line the node left says that there is no room.
explains() { tail -n 1 "$work/$1.log" | grep -qiE '^raftd: .*(no space|no room|full)'; }
# outcome ID WHAT: the node leads alone, and its disk is full.
outcome() {
    local id=$1 what=$2
    check "$what: writes are refused within 60 s" within 60 refuses "$id"
    check "$what: the node goes on" runs "$id"
    echo "    $(head -n 1 "$work/refusal")"
    check "$what: its status says so" is_full "$id"
    check "$what: its log says so" grep -q 'takes no entries: its disk is full' "$work/$id.log"
    ask "$id" get "$(head -n 1 "$work/acked.1" | cut -f 1)" >"$work/get" 2>&1
    check "$what: reads go on" test $? = 0
}
codes() { cat "$work"/codes.* 2>/dev/null | sort | uniq -c | awk '{ printf "%s times %s, ", $1, $2 }'; }
forget_load() { rm -f "$work"/{acked,issued,codes,errors}.*; }

# alone WHAT: one node on "$work/disk1", mounted, filled by the load itself or by a neighbour.
alone() {
    local what=$1
    members="\"1=unix:$work/1.sock\""
    configure 1 "$work/disk1/data" "transport: { listen: [\"unix:$work/1.sock\"] }"
    RAFTCTL_ENDPOINTS=$(endpoint 1)
    forget_load
    start 1
    await_leader 20 1 >/dev/null || flunk "$what: the node does not lead"
    say "$what: $(left disk1) KiB left"
    start_load "$what" 3 "$2"
    within 10 test -s "$work/acked.1"
    [ "$3" != neighbour ] || fill disk1
    outcome 1 "$what"
    stop_load
    echo "    $(acknowledged) acknowledged; exit codes of the others: $(codes)$(left disk1) KiB left"

    # Not a byte has come back: it votes for itself, and leads.
    kill_node 1
    start 1
    await_leader 20 1 >/dev/null || flunk "$what: started on the full disk the node does not lead: $(tail -n 1 "$work/1.log")"
    check "$what: reads on the full disk" all_is_there "$what, full"
    ask 1 put refused? "$padding" >/dev/null 2>&1
    outcome 1 "$what, again"

    local before=${process[1]}
    empty disk1
    check "$what: the node notices that there is room" within 20 has_room 1
    patience=10s ctl put again yes >"$work/put" 2>&1
    check "$what: writes are taken again" test $? = 0
    check "$what: everything acknowledged is there" all_is_there "$what"
    check "$what: by the same process" test "$before" = "${process[1]:-}" -a "$(field 1 diskFull)" = false
    kill_node 1
    rm -f "$work"/1.*sock
}

make_disk disk1 288 || { echo "skipped: no ext4 in a file can be mounted here" >&2; exit 77; }
alone "a neighbour fills ext4" 16384 neighbour
detach_disk disk1

make_disk disk1 192
fallocate -l 48M "$work/disk1/filler.ballast"
alone "the node fills ext4" 60000 itself
detach_disk disk1

mount -t tmpfs -o size=160M tmpfs "$work/disk1"
mounted[disk1]=$work/disk1
fallocate -l 48M "$work/disk1/filler.ballast"
alone "the node fills tmpfs" 60000 itself
detach_disk disk1

say "a disk too small from the start"
make_disk disk1 24
fallocate -l 8M "$work/disk1/filler.ballast"
: >"$work/1.log"
start 1
within 5 leads 1 || true
status=$(stop_status 1)
if [ "$status" = runs ]; then
    ask 1 put small "$padding" >"$work/put" 2>&1
    echo "    runs as $(field 1 role); a put ends with $?: $(head -n 1 "$work/put")"
    check "too small: it refuses, or there is room" test -s "$work/put"
else
    echo "    ends with $status: $(tail -n 1 "$work/1.log")"
    check "too small: it says so" explains 1
fi
kill_node 1
rm -f "$work"/1.*sock
detach_disk disk1

# One of three has no room left: the others go on, it comes back.
members=
for id in 1 2 3; do members+=${members:+, }\"$id=unix:$work/$id.sock\"; done
for id in 1 2 3; do
    make_disk "disk$id" 288
    configure "$id" "$work/disk$id/data" "transport: { listen: [\"unix:$work/$id.sock\"] }"
    start "$id"
done
RAFTCTL_ENDPOINTS="$(endpoint 1),$(endpoint 2),$(endpoint 3)"
forget_load
for kind in leader follower; do
    leader=$(await_leader 20 1 2 3)
    victim=$leader
    [ $kind = leader ] || victim=$((leader % 3 + 1))
    rest=()
    for id in 1 2 3; do [ "$id" = "$victim" ] || rest+=("$id"); done
    say "the $kind of three, node $victim, has a full disk"
    start_load "$kind" 3 16384
    within 10 test -s "$work/acked.1"
    began=$(now)
    fill "disk$victim"
    check "$kind of three: node $victim notices" within 30 is_full "$victim"
    check "$kind of three: it goes on" runs "$victim"
    echo "    after $(($(now) - began)) ms it is $(field "$victim" role): $(tail -n 1 "$work/$victim.log")"
    await_leader 10 "${rest[@]}" >"$work/leader"
    check "$kind of three: the others have a leader" test -s "$work/leader"
    before=$(acknowledged)
    check "$kind of three: the load goes on" within 10 eval '[ "$(acknowledged)" -gt $((before + 20)) ]'
    stop_load
    check "$kind of three: everything acknowledged is there" all_is_there "$kind of three"
    check "$kind of three: it does not lead" eval '! leads $victim'
    empty "disk$victim"
    check "$kind of three: it notices that there is room" within 20 has_room "$victim"
    check "$kind of three: it catches up" nodes_agree 1 2 3
    check "$kind of three: without a restart" runs "$victim"
    echo "    $(acknowledged) acknowledged; exit codes of the others: $(codes)"
done
conclude
