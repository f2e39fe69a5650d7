#!/bin/bash
# Runs the tests that need root and real system services: a systemd, a journald, disks that lose power or fill up, parted networks.
# A test that cannot run here says so and counts as skipped. The last line says how many passed and how many failed.
#
# usage: scripts/test-system.sh DIRECTORY-OF-PROGRAMS [DEBIAN-PACKAGE]
#
# INSTALL=1 installs missing packages with apt-get; CUTS=50 cuts the power longer than usual; KEEP_FAILED=1 keeps the
# files of a test that failed.
set -euo pipefail
binaries=$(cd "${1:?usage: $0 DIRECTORY-OF-PROGRAMS [DEBIAN-PACKAGE]}" && pwd)
package=${2:+$(realpath "$2")}
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
tracing: { sink: journald, spans: sink }
YAML

passed=0
failed=0
skipped=0
run() {
    local name=$1 status=0
    shift
    echo "-- $name"
    "$@" || status=$?
    case $status in
        0) echo "passed: $name"; passed=$((passed + 1)) ;;
        77) echo "skipped: $name"; skipped=$((skipped + 1)) ;;
        *) echo "FAILED: $name ($status)"; failed=$((failed + 1)) ;;
    esac
}
WRITE="$binaries/raftctl --endpoint unix:$work/1.client.sock --timeout 2s put key value" \
    TRACE="$binaries/raftctl --endpoint unix:$work/1.client.sock trace --level trace" \
    run journald Tests/System/journald.sh "$binaries/raftd" run --config "$work/node.yaml"
run power-cut Tests/System/power-cut.sh "$binaries"
run full-disk Tests/System/full-disk.sh "$binaries"
run network Tests/System/network.sh "$binaries"
[ -z "$package" ] || run systemd Tests/System/systemd.sh "$package"

[ $skipped = 0 ] || echo "$skipped skipped"
echo "$passed passed, $failed failed"
[ $failed = 0 ]
