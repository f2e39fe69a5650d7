#!/bin/bash
# Counts what tracing costs: instructions for a proposal in a cluster of three in one process, in a build without any
# events (trait MaxTraceLevelNone) and in the default build, with lines for standard error from level info on, as raftd has
# it; with its flight recorder and without. Fails when a proposal costs more than LIMIT per cent above the build without.
#
# usage: scripts/check-trace-cost.sh [DIRECTORY-FOR-THE-BUILD-WITHOUT]    .build-none by default; some minutes when cold
#
# Each count is made for two numbers of operations, so that start and end subtract out, and RUNS times: the lowest counts,
# for what the clock brings about only adds, and the spread is printed. BATCHES are numbers of proposals in one call. One
# client makes the calls, and all runs on its thread: how proposals of several clients come together is an accident.
set -euo pipefail
cd "$(dirname "$0")/.."
without=${1:-.build-none}
LIMIT=${LIMIT:-3}
RUNS=${RUNS:-3}
BATCHES=${BATCHES:-1 64}

for program in valgrind strip; do
    command -v $program >/dev/null || {
        echo "missing: $program; install valgrind and binutils (apt-get install valgrind binutils), then try again" >&2
        exit 2
    }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# usage: build NAME DIRECTORY TRAITS
build() {
    swift build -c release --product raft-bench --scratch-path "$2" --traits "$3" >"$work/build.log" 2>&1 || {
        tail -5 "$work/build.log" >&2
        exit 2
    }
    # Older valgrinds cannot read what clang writes for debuggers.
    strip --strip-debug -o "$work/$1" "$2/release/raft-bench"
}
build with .build default
build without "$without" default,MaxTraceLevelNone

# usage: count PROGRAM SINK LEVEL BATCH OPERATIONS    prints how many instructions a whole run executed
count() {
    LIBDISPATCH_COOPERATIVE_POOL_STRICT=1 \
        valgrind --tool=callgrind --callgrind-out-file="$work/counts" "$work/$1" --no-limit \
        --trace-sink "$2" --trace-level "$3" --batch "$4" --operations "$5" >"$work/run.log" 2>&1 || {
        tail -5 "$work/run.log" >&2
        exit 2
    }
    awk '/^totals:/ { print $2 }' "$work/counts"
}

# usage: measure PROGRAM SINK LEVEL BATCH    sets cost, instructions for a proposal, and spread, per cent between runs
measure() {
    # Proposals of a batch share its cost, so that it takes more of them for the same precision.
    local run few=$(($4 > 1 ? 8000 : 2000)) many=$(($4 > 1 ? 80000 : 8000))
    : >"$work/few"
    : >"$work/many"
    for ((run = 0; run < RUNS; run++)); do
        count "$@" $few >>"$work/few"
        count "$@" $many >>"$work/many"
    done
    read -r cost spread < <(awk -v few=$few -v many=$many '
        FNR == 1 { file++; low[file] = $1; high[file] = $1 }
        { if ($1 < low[file]) low[file] = $1; if ($1 > high[file]) high[file] = $1 }
        END {
            printf "%d %.2f\n", (low[2] - low[1]) / (many - few), (high[2] - low[2]) * 100 / low[2]
        }' "$work/few" "$work/many")
}

failed=0
# usage: compare NAME    prints the cost beside the build without
compare() {
    awk -v name="$1" -v batch="$batch" -v cost="$cost" -v base="$base" -v spread="$spread" 'BEGIN {
        printf "| %s | %d | %d | %+.2f %% | %.2f %% |\n", name, batch, cost, (cost - base) * 100 / base, spread }'
}
judge() {
    awk -v cost="$cost" -v base="$base" -v limit="$LIMIT" 'BEGIN { exit (cost - base) * 100 / base > limit }' || {
        echo "FAILED: $1 in batches of $batch costs more than $LIMIT % above no tracing"
        failed=1
    }
}

echo "| tracing | batch | instructions a proposal | above none | spread of $RUNS runs |"
echo "|---|---|---|---|---|"
for batch in $BATCHES; do
    measure without stderr info "$batch"
    base=$cost
    compare "compiled out"
    measure with none none "$batch"
    compare "compiled in, silent"
    measure with stderr info "$batch"
    compare "info"
    judge "info"
    measure with raftd info "$batch"
    compare "info and flight recorder"
done
[ $failed = 0 ] && echo "passed: info costs at most $LIMIT % above no tracing"
exit $failed
