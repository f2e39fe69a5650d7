#!/usr/bin/env bash
# One write, and what it causes in three nodes, as a tree: what `make trace` shows.
# BINARIES names the folder of raftd and raftctl.
set -euo pipefail

binaries=${BINARIES:-.build/release}
directory=$(mktemp -d "${TMPDIR:-/tmp}/raft-trace.XXXXXX")
processes=()

finish() {
    local code=$? process
    trap - EXIT INT TERM
    for process in "${processes[@]}"; do kill -TERM "$process" 2>/dev/null || true; done
    for process in "${processes[@]}"; do wait "$process" 2>/dev/null || true; done
    [ "$code" = 0 ] || tail -n 5 "$directory"/*.log >&2 || true
    rm -rf "$directory"
    exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

members='"1=unix:'$directory'/1.sock", "2=unix:'$directory'/2.sock", "3=unix:'$directory'/3.sock"'
for id in 1 2 3; do
    cat >"$directory/$id.yaml" <<YAML
cluster: demo
node: { id: $id, data: $directory/$id }
transport: { module: unix, listen: ["unix:$directory/$id.sock"] }
clients: { listen: ["unix:$directory/$id.client.sock"] }
members: [$members]
bootstrap: true
tracing: { spans: otlp, spansFile: $directory/$id.spans }
YAML
    "$binaries/raftd" run --config "$directory/$id.yaml" 2>"$directory/$id.log" &
    processes+=($!)
done
export RAFTCTL_ENDPOINTS="unix:$directory/1.client.sock,unix:$directory/2.client.sock,unix:$directory/3.client.sock"
# The first write finds the leader and connections; the second is the one to look at.
"$binaries/raftctl" --timeout 20s put warm up >/dev/null
"$binaries/raftctl" --timeout 20s --spans "$directory/client.spans" put greeting hello 2>"$directory/trace" >/dev/null
trace=$(sed -n 's/^trace //p' "$directory/trace")
# Followers learn of the commit with the leader's next message: their machines come last.
for ((attempt = 0; attempt < 200; attempt++)); do
    spans=$("$binaries/raftd" spans --trace "$trace" "$directory"/*.spans)
    index=$(sed -nE 's/.*raft\.serve index=([0-9]+) message=proposeInSession.*/\1/p' <<<"$spans")
    [ "$(grep -cE "raft\.apply.* index=$index\$" <<<"$spans")" = 3 ] && break
    sleep 0.05
done
echo "$spans"
