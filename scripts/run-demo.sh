#!/usr/bin/env bash
# A real cluster of three processes, from formation to fail-over: what `make run` shows.
# KEEP=1 leaves the cluster running. BINARIES names the folder of raftd and raftctl.
set -euo pipefail

binaries=${BINARIES:-.build/release}
writes=${WRITES:-200}
directory=$(mktemp -d "${TMPDIR:-/tmp}/raft-demo.XXXXXX")
declare -A process=()
started_at=$(date +%s%N)

say() { printf '\n== %s\n' "$*"; }
fail() {
    printf 'run-demo: %s\n' "$*" >&2
    for id in 1 2 3; do
        if [ -f "$directory/$id.log" ]; then
            printf -- '-- the last lines of node %s:\n' "$id" >&2
            tail -n 15 "$directory/$id.log" >&2
        fi
    done
    exit 1
}
stop_all() {
    local id
    for id in "${!process[@]}"; do kill -TERM "${process[$id]}" 2>/dev/null || true; done
    for id in "${!process[@]}"; do wait "${process[$id]}" 2>/dev/null || true; done
}
finish() {
    local code=$?
    trap - EXIT INT TERM
    if [ "${KEEP:-0}" != 1 ] || [ "$code" != 0 ]; then
        stop_all
        rm -rf "$directory"
    fi
    exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

endpoint() { echo "unix:$directory/$1.client.sock"; }
export RAFTCTL_ENDPOINTS
RAFTCTL_ENDPOINTS="$(endpoint 1),$(endpoint 2),$(endpoint 3)"
ctl() { "$binaries/raftctl" --timeout 10s "$@"; }
# One field of the status object of one node; empty while it does not answer.
field() {
    { "$binaries/raftctl" --endpoint "$(endpoint "$1")" --no-follow --timeout 1s --output json status 2>/dev/null || true; } |
        tr -d '\n' | sed -E 's/"members":.*//' | sed -nE 's/.*"'"$2"'": *"?([A-Za-z0-9_]+)"?[,}].*/\1/p'
}
milliseconds() { echo $((($(date +%s%N) - $1) / 1000000)); }

start() {
    "$binaries/raftd" run --config "$directory/$1.yaml" >"$directory/$1.out" 2>>"$directory/$1.log" &
    process[$1]=$!
}

# Waits until one of the given nodes says that it leads, and prints its number.
leader_among() {
    local deadline=$((SECONDS + 20)) id
    while [ $SECONDS -lt $deadline ]; do
        for id in "$@"; do
            if [ "$(field "$id" role)" = leader ]; then
                echo "$id"
                return 0
            fi
        done
        sleep 0.02
    done
    return 1
}

say "Three nodes in $directory, over Unix sockets, each with its log in LMDB"
for id in 1 2 3; do
    cat >"$directory/$id.yaml" <<YAML
cluster: demo
node: { id: $id, data: $directory/$id }
storage: { module: lmdb }
transport: { module: unix, listen: ["unix:$directory/$id.sock"] }
clients: { listen: ["unix:$directory/$id.client.sock"] }
machine: { module: keyvalue }
tracing: { sink: stderr, level: info }
YAML
    "$binaries/raftd" check --config "$directory/$id.yaml" >/dev/null
    start "$id"
done

say "Form the cluster"
cluster=$(ctl bootstrap --member "1=unix:$directory/1.sock" --member "2=unix:$directory/2.sock" \
    --member "3=unix:$directory/3.sock") || fail "the cluster could not be formed"
leader=$(leader_among 1 2 3) || fail "no leader was elected"
echo "cluster $cluster, led by node $leader"
ctl status

say "Write $writes keys, each acknowledged once it is durable on a majority"
before=$(date +%s%N)
for number in $(seq 1 "$writes"); do
    ctl put "key-$number" "value-$number" >/dev/null || fail "put key-$number failed"
done
wrote_in=$(milliseconds "$before")
[ "$(ctl get key-1)" = value-1 ] || fail "key-1 cannot be read back"
echo "wrote in $wrote_in ms, one raftctl process each; get key-1 prints $(ctl get key-1)"

say "Kill the leader, node $leader, with SIGKILL"
old=$leader
survivors=()
for id in 1 2 3; do [ "$id" = "$old" ] || survivors+=("$id"); done
before=$(date +%s%N)
kill -KILL "${process[$old]}"
wait "${process[$old]}" 2>/dev/null || true
leader=$(leader_among "${survivors[@]}") || fail "no new leader was elected"
failed_over_in=$(milliseconds "$before")
ctl put after-failover yes >/dev/null || fail "the new leader takes no writes"
served_in=$(milliseconds "$before")
echo "node $leader leads after $failed_over_in ms; the next write was acknowledged after $served_in ms"

say "Nothing acknowledged was lost"
ctl list key- >"$directory/list.txt"
found=$(wc -l <"$directory/list.txt")
[ "$found" = "$writes" ] || fail "$found of $writes keys are there"
for number in $(seq 1 "$writes"); do printf 'key-%s\tvalue-%s\n' "$number" "$number"; done | LC_ALL=C sort >"$directory/expected.txt"
LC_ALL=C sort "$directory/list.txt" | cmp -s - "$directory/expected.txt" || fail "a value differs from what was written"
echo "all $found keys have their values"

say "Start node $old again and let it catch up"
before=$(date +%s%N)
start "$old"
target=$(field "$leader" commitIndex)
deadline=$((SECONDS + 20))
while :; do
    applied=$(field "$old" appliedIndex)
    [ -n "$applied" ] && [ "$applied" -ge "$target" ] && break
    [ $SECONDS -lt $deadline ] || fail "node $old stays behind: applied ${applied:-nothing}, wanted $target"
    sleep 0.02
done
caught_up_in=$(milliseconds "$before")
echo "node $old has applied entry $applied after $caught_up_in ms"
ctl status

say "Summary"
printf '%-44s %s\n' \
    "cluster" "$cluster" \
    "writes acknowledged, found after fail-over" "$writes, $found" \
    "one write, raftctl's start included" "$((wrote_in / writes)) ms" \
    "new leader after SIGKILL" "$failed_over_in ms" \
    "first write acknowledged after SIGKILL" "$served_in ms" \
    "killed node started and caught up" "$caught_up_in ms" \
    "whole demonstration" "$(milliseconds "$started_at") ms"

if [ "${KEEP:-0}" = 1 ]; then
    say "The cluster goes on running. Talk to it:"
    echo "export RAFTCTL_ENDPOINTS=$RAFTCTL_ENDPOINTS"
    echo "$binaries/raftctl status"
    echo "Stop it: kill ${process[*]}; rm -rf $directory"
fi
