#!/bin/bash
# Runs the benchmark over its standard table.
#
# usage: scripts/run-bench.sh RAFT-BENCH [ARGUMENT]...    arguments go to every run, such as --duration 10
set -euo pipefail
bench=${1:?usage: $0 RAFT-BENCH [ARGUMENT]...}
shift
for storage in memory lmdb; do
    for clients in 1 16 64 256 1024; do
        size=16 transport=memory
        if [ $storage = lmdb ]; then size=256 transport=unix; fi
        "$bench" --level inprocess --nodes 3 --storage $storage --transport $transport --clients $clients --size $size \
            --duration 3 "$@"
    done
done
