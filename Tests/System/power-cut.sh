#!/bin/bash
# Cuts the power under load, again and again: what was acknowledged must be there afterwards.
#
#   [CUTS=5] [WRITERS=6] Tests/System/power-cut.sh DIRECTORY-OF-PROGRAMS
#
# Three nodes, each with an ext4 of its own in a file. A cut is ext4's shutdown without flushing: what was not synced is
# gone, as if the machine had lost its power. Cuts take all three at once, one alone, or all three twice, the second time
# while they start. Needs root, e2fsprogs, mount, unshare, and python3 or cc. Exits 0 when every check held, 1 when one
# did not, 77 when the machine cannot run it.
set -u
binaries=${1:?usage: $0 DIRECTORY-OF-PROGRAMS}
. "$(dirname "$0")/common.bash"
needs mkfs.ext4 mount umount unshare
isolate_mounts "$@"
prepare
cuts=${CUTS:-5}
writer_count=${WRITERS:-6}

# cut_power DIRECTORY...: stops these file systems at once, and flushes nothing.
if command -v python3 >/dev/null; then
    cut_power() {
        python3 -c '
import fcntl, os, struct, sys
handles = [os.open(path, os.O_RDONLY) for path in sys.argv[1:]]
for handle in handles: fcntl.ioctl(handle, 0x8004587d, struct.pack("I", 2))
' "$@"
    }
elif command -v cc >/dev/null; then
    cat >"$work/cut.c" <<'C'
#include <fcntl.h>
#include <sys/ioctl.h>
int main(int count, char **path) {
    unsigned flags = 2;
    for (int i = 1; i < count; i++)
        if (ioctl(open(path[i], O_RDONLY), 0x8004587d, &flags) != 0) return 1;
    return 0;
}
C
    cc -o "$work/cut" "$work/cut.c" || exit 77
    cut_power() { "$work/cut" "$@"; }
else
    echo "skipped: needs python3 or cc" >&2
    exit 77
fi

# A cut that loses nothing would prove nothing.
make_disk probe 32 || { echo "skipped: no ext4 in a file can be mounted here" >&2; exit 77; }
echo synced >"$work/probe/synced"
sync -f "$work/probe/synced"
echo lost >"$work/probe/unsynced"
if ! cut_power "$work/probe"; then
    echo "skipped: this kernel's ext4 cannot be shut down" >&2
    exit 77
fi
detach_disk probe
attach_disk probe
check "a cut keeps what was synced" grep -qs synced "$work/probe/synced"
check "a cut loses what was not" test ! -s "$work/probe/unsynced"
detach_disk probe

for id in 1 2 3; do members+=${members:+, }\"$id=unix:$work/$id.sock\"; done
for id in 1 2 3; do
    make_disk "disk$id" $((256 + 8 * cuts))
    configure "$id" "$work/disk$id/data" "transport: { listen: [\"unix:$work/$id.sock\"] }"
    start "$id" ${NODE_PREFIX:-}
done
export RAFTCTL_ENDPOINTS
RAFTCTL_ENDPOINTS="$(endpoint 1),$(endpoint 2),$(endpoint 3)"
await_leader 20 1 2 3 >/dev/null || flunk "the cluster was not formed"

# The nodes lose their power, and their disks come back with what was synced.
lose() {
    local id disks=()
    for id in "$@"; do disks+=("$work/disk$id"); done
    cut_power "${disks[@]}" || flunk "a disk could not be cut"
    for id in "$@"; do kill_node "$id"; done
    for id in "$@"; do
        detach_disk "disk$id" && attach_disk "disk$id" || flunk "disk$id did not come back"
    done
}
inspect() {
    local id
    for id in "$@"; do
        if ! "$binaries/raftd" inspect "$work/disk$id/data" >"$work/inspect.$id" 2>&1; then
            flunk "inspection of node $id: $(tail -n 1 "$work/inspect.$id")"
        fi
    done
}

declare -A kinds=([all]=0 [one]=0 [twice]=0)
cut=0
while [ $cut -lt "$cuts" ] && [ $failures = 0 ]; do
    cut=$((cut + 1))
    case $((RANDOM % 4)) in 0) kind=one ;; 1) kind=twice ;; *) kind=all ;; esac
    kinds[$kind]=$((${kinds[$kind]} + 1))
    before=$(acknowledged)
    start_load "$cut" "$writer_count"
    sleep "$(random 100 2000)"
    victims=(1 2 3)
    [ $kind != one ] || victims=($((RANDOM % 3 + 1)))
    lose "${victims[@]}"
    if [ $kind = one ]; then sleep "$(random 0 1000)"; else stop_load; fi
    if [ $kind = twice ]; then
        for id in 1 2 3; do start "$id" ${NODE_PREFIX:-}; done
        sleep "$(random 0 600)"
        lose 1 2 3
    fi
    # Reading a directory is no condition for using it: every other cut goes without.
    [ $((cut % 2)) = 0 ] || inspect "${victims[@]}"
    for id in "${victims[@]}"; do start "$id" ${NODE_PREFIX:-}; done
    began=$(now)
    leader=$(await_leader 20 1 2 3) || flunk "cut $cut: no leader after 20 s"
    elected=$(($(now) - began))
    stop_load
    all_is_there "cut $cut" || true
    nodes_agree 1 2 3 || true
    printf 'cut %s (%s): %s acknowledged, %s in all, %s listed; node %s led after %s ms\n' "$cut" \
        "$kind${victims[*]:+ ${victims[*]}}" $(($(acknowledged) - before)) "$(acknowledged)" \
        "$(wc -l <"$work/listed")" "${leader:-none}" "$elected"
done
check "something was acknowledged to be lost" test "$(acknowledged)" -gt 0
echo "$cut cuts (all: ${kinds[all]}, one: ${kinds[one]}, twice: ${kinds[twice]}), $(acknowledged) acknowledged keys"
conclude
