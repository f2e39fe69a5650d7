#!/bin/bash
# Writes raftd.yaml(5), the manual page of the configuration, from the table of keys that the program has.
#
# usage: scripts/write-manual-of-keys.sh RAFTD DATE > raftd.yaml.5
set -euo pipefail
raftd=${1:?usage: $0 RAFTD DATE}
cat <<ROFF
.TH RAFTD.YAML 5 "${2:?usage: $0 RAFTD DATE}" "$("$raftd" --version)"
.SH NAME
raftd.yaml \\- configuration of a Raft node
.SH SYNOPSIS
.I /etc/raftd/N.yaml
.SH DESCRIPTION
A node's configuration, in YAML. A key may be written whole, or in sections:
.B raft.heartbeat: 50ms
is
.BR "raft: { heartbeat: 50ms }" .
Environment variables take precedence over the file, and
.B \\-\\-set
over both. The variable of a key is RAFTD_ and its name in capitals: RAFTD_RAFT_SNAPSHOT_ENTRIES is
.BR raft.snapshotEntries .
An unknown key, a wrong type or an impossible value is an error that names file, line and column.
.B raftd check \\-\\-config FILE
prints every value that counts, and where it comes from.
.PP
.BR tracing.level ,
.BR tracing.modules ,
.BR clients.maximumConnections ,
.B clients.drain
and
.B node.handover
may change while the node runs (systemctl reload raftd@N); the others count from its next start on.
.SH KEYS
ROFF
"$raftd" plugins --keys | awk -F ' [|] ' '
/^[|] `/ {
    key = substr($1, 3); gsub(/`/, "", key); gsub(/`/, "", $3); sub(/ [|]$/, "", $4)
    for (i = 2; i <= 4; i++) { gsub(/\\/, "\\e", $i); gsub(/-/, "\\-", $i) }
    printf ".TP\n.B %s\n%s\n.br\nAccepted: %s.%s\n", key, $4, $2, $3 == "" ? "" : " Default: " $3 "."
}'
cat <<'ROFF'
.SH SEE ALSO
.BR raftd (8),
.BR raftctl (1)
ROFF
