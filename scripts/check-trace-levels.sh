#!/bin/bash
# Proves that events below the level that was fixed at compile time are not in the program: builds raftd without a limit,
# with MaxTraceLevelInfo and with MaxTraceLevelNone, and looks for the sentences of events of each level in each. What a call
# leaves is compared too: the fewer levels, the fewer calls that record, and with none there is none.
#
# usage: scripts/check-trace-levels.sh [DIRECTORY-FOR-BUILDS]    .build/trace-levels by default; some minutes when cold
set -euo pipefail
cd "$(dirname "$0")/.."
builds=${1:-.build/trace-levels}

# A sentence of an event of each level, as it stands in the sources: checked first, so that a changed one is noticed here.
# Of 16 bytes or more: shorter texts stand in the code itself, and not where they can be found.
declare -A sentence=(
    [trace]="committed to entry "
    [debug]="the log differs from that of leader "
    [info]="took a snapshot at entry "
    [notice]="uncommitted entries after "
    [warning]="no longer reaches a quorum and stops leading term "
    [error]="gives up leadership: its disk has not finished a write for "
)
# Events of level critical have short sentences only; the count of calls below speaks for them.
levels=(trace debug info notice warning error)
command -v objdump >/dev/null || { echo "missing: objdump; install binutils, then try again" >&2; exit 2; }
for level in "${levels[@]}"; do
    grep -rqF -- "${sentence[$level]}" Sources/RaftCore || {
        echo "check-trace-levels: no source has “${sentence[$level]}” any more: choose another sentence for $level" >&2
        exit 2
    }
done

failed=0
# usage: check TRAITS FIRST-LEVEL-THAT-IS-IN (or none)
check() {
    local traits=$1 first=$2 path=$builds/$1 binary count is_in=no
    swift build -c release --traits "$traits" --scratch-path "$path" --product raftd >"$builds.log" 2>&1 || {
        tail -5 "$builds.log" >&2
        exit 2
    }
    binary=$path/release/raftd
    for level in "${levels[@]}"; do
        [ "$level" = "$first" ] && is_in=yes
        count=$(grep -cF -- "${sentence[$level]}" "$binary" || true)
        if [ $is_in = yes ] && [ "$count" = 0 ]; then
            echo "FAILED: $traits lacks an event of level $level: “${sentence[$level]}”"
            failed=1
        elif [ $is_in = no ] && [ "$count" != 0 ]; then
            echo "FAILED: $traits has an event of level $level: “${sentence[$level]}”"
            failed=1
        fi
    done
    # Tracer.record: what every function of an event calls when it is not empty.
    calls=$(objdump --disassemble --no-show-raw-insn "$binary" | grep -c 'call.*<\$s11RaftTracing6TracerV6record' || true)
    echo "$traits: $(stat -c %s "$binary") bytes, $(nm --defined-only "$binary" | wc -l) symbols, $calls calls that record"
}
mkdir -p "$builds"
check default trace
all=$calls
check default,MaxTraceLevelInfo info
some=$calls
check default,MaxTraceLevelNone none
if [ "$calls" != 0 ] || [ "$some" = 0 ] || [ "$some" -ge "$all" ]; then
    echo "FAILED: $all calls of all levels, $some from info on, $calls without any: should be fewer, and none"
    failed=1
fi
[ $failed = 0 ] && echo "passed: what is below the level is not in the program"
exit $failed
