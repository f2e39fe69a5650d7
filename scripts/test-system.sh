#!/bin/bash
# Runs the tests that need root and real system services. A test that cannot run here says so and counts as skipped.
#
# usage: scripts/test-system.sh DIRECTORY-OF-PROGRAMS
set -euo pipefail
binaries=$(cd "${1:?usage: $0 DIRECTORY-OF-PROGRAMS}" && pwd)
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat > "$work/node.yaml" <<YAML
cluster: system-test
node: { id: 1, data: $work/data }
transport: { listen: ["unix:$work/1.sock"] }
clients: { listen: ["unix:$work/1.client.sock"] }
members: ["1=unix:$work/1.sock"]
bootstrap: true
tracing: { sink: journald }
YAML

failed=0
run() {
    local name=$1 status=0
    shift
    "$@" || status=$?
    case $status in
        0) echo "passed: $name" ;;
        77) echo "skipped: $name" ;;
        *) echo "FAILED: $name ($status)"; failed=1 ;;
    esac
}
run journald Tests/System/journald.sh "$binaries/raftd" run --config "$work/node.yaml"
exit $failed
