#!/bin/bash
# Checks that every module imports only what it may (the table below; why, is in Design.md). Prints each import that is
# forbidden as FILE:LINE, and exits 1 when there is one.
#
# usage: scripts/check-module-boundaries.sh [DIRECTORY]    the package's directory; the current one by default
set -euo pipefail
cd "${1:-.}"

# module | the package's own modules it may import | modules of others, the system's aside
table='
RaftMembership      |                                                                     |
RaftThreads         |                                                                     |
RaftTracing         |                                                                     | Logging Tracing
RaftTracingJournald | RaftTracing RaftThreads CSystemd                                    |
RaftTracingSpans    | RaftTracing RaftThreads                                             | Tracing
RaftCore            | RaftMembership RaftTracing CRaftChecksum                            |
RaftMetricsExport   | RaftCore RaftMembership                                             | CoreMetrics
RaftMemory          | RaftCore RaftMembership RaftTracing RaftThreads                     |
RaftStorageLMDB     | RaftCore RaftMembership RaftTracing CRaftChecksum CLMDB             |
RaftTransportUnix   | RaftCore RaftMembership RaftTracing RaftThreads CRaftChecksum       | NIO*
RaftClient          | RaftCore RaftMembership RaftTracing CRaftChecksum                   | NIO*
RaftKeyValue        | RaftCore RaftMembership                                             |
RaftTesting         | RaftCore RaftMembership RaftTracing CRaftChecksum RaftMemory        |
RaftNode            | *                                                                   | *
raftd               | RaftNode RaftTracing                                                | *
raftctl             | RaftClient RaftKeyValue RaftCore RaftMembership RaftTracing RaftTracingSpans | *
raft-bench          | *                                                                   | *
raft-sim            | *                                                                   | *
raft-check          | *                                                                   | *
RaftCrashRecorder   | RaftTesting CRaftCrashRecorder                                      |
CRaftChecksum       |                                                                     |
CRaftCrashRecorder  |                                                                     |
CLMDB               |                                                                     |
CSystemd            |                                                                     |
'
# What every module may import: the standard library and the system.
system='Swift Synchronization Glibc _Concurrency Builtin Dispatch'
# Foundation is heavy and stays at the edge.
foundation='RaftNode raftd raftctl raft-bench raft-sim raft-check'

sources=()
for root in Sources Plugins; do [ -d "$root" ] && sources+=("$root"); done
[ ${#sources[@]} -gt 0 ] || { echo "check-module-boundaries: no Sources and no Plugins in $PWD" >&2; exit 2; }

find "${sources[@]}" -name .build -prune -o -name '*.swift' -print | LC_ALL=C sort |
xargs -d '\n' awk -v table="$table" -v system_modules="$system" -v foundation="$foundation" '
function trim(text) { gsub(/^[ \t]+|[ \t]+$/, "", text); return text }
function matches(name, list,    words, count, i, word) {
    count = split(list, words, " ")
    for (i = 1; i <= count; i++) {
        word = words[i]
        if (word == "*" || word == name) return 1
        if (word ~ /\*$/ && index(name, substr(word, 1, length(word) - 1)) == 1) return 1
    }
    return 0
}
BEGIN {
    count = split(table, lines, "\n")
    for (i = 1; i <= count; i++) {
        if (split(lines[i], cells, "|") < 3) continue
        module = trim(cells[1])
        own[module] = trim(cells[2])
        others[module] = trim(cells[3])
    }
}
FNR == 1 {
    split(FILENAME, path, "/")
    module = path[1] == "Plugins" ? "Raft" path[2] : path[2]
    in_comment = 0
    in_text = 0
    if (!(module in own) && !(module in reported)) {
        print FILENAME ": module " module " is not in the table of scripts/check-module-boundaries.sh"
        reported[module] = 1
        failed = 1
    }
}
{
    line = $0
    # Block comments and multi-line strings hold no imports.
    if (in_comment) { if (line ~ /\*\//) in_comment = 0; next }
    if (line ~ /^[ \t]*\/\*/ && line !~ /\*\//) { in_comment = 1; next }
    quotes = gsub(/"""/, "\"\"\"", line)
    if (quotes % 2 == 1) { in_text = !in_text; next }
    if (in_text || !(module in own)) next
    if (line !~ /^[ \t]*((@[A-Za-z_]+(\([^)]*\))?|public|package|internal|fileprivate|private)[ \t]+)*import[ \t]/) next
    sub(/\/\/.*/, "", line)
    sub(/^.*import[ \t]+/, "", line)
    sub(/^(typealias|struct|class|enum|protocol|let|var|func)[ \t]+/, "", line)
    name = trim(line)
    sub(/[.; \t].*/, "", name)

    if (name == module || matches(name, system_modules)) next
    if (name ~ /^Foundation/) {
        if (matches(module, foundation)) next
        why = "Foundation stays at the edge (" foundation ")"
    } else if (name in own) {
        if (matches(name, own[module])) next
        why = own[module] == "" ? "it may import nothing of this package" : "of this package it may import " own[module]
    } else {
        if (matches(name, others[module])) next
        why = others[module] == "" ? "it may import no other package" : "of other packages it may import " others[module]
    }
    print FILENAME ":" FNR ": " module " must not import " name ": " why
    failed = 1
}
END { exit failed }
' || exit 1
