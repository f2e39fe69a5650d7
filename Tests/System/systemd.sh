#!/bin/bash
# Checks raftd as a service of a real systemd: the package, three nodes, killed, frozen, with a disk that hangs, and restarted
# one after the other, all under load; a long start; reloads; and that nothing acknowledged is lost.
#
#   Tests/System/systemd.sh PACKAGE.deb
#
# With SYSTEM_ROOT=DIR on a system without anything else, made by
#   debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus,liblmdb0 bookworm DIR
#
# systemd runs in a container that is thrown away: nothing is installed on the machine. Needs root, systemd-nspawn and
# dpkg. Exits 0 when every check held, 1 when one did not, 77 when the machine cannot run it.
set -u
directory=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=common.bash
. "$directory/common.bash"

if [ "${1:-}" != --inside ]; then
    [ $# = 1 ] && [ -f "$1" ] || { echo "usage: $0 PACKAGE.deb" >&2; exit 64; }
    needs systemd-nspawn nsenter unshare dpkg mkfs.ext4 mount umount fsfreeze
    # shellcheck source=systemd-box.bash
    . "$directory/systemd-box.bash"
    work=$(mktemp -d "${TMPDIR:-/tmp}/raft-system.XXXXXX")
    undo() {
        # Else nothing that waits for it would end.
        fsfreeze --unfreeze "$work/disk" 2>/dev/null
        box_stop
    }
    trap finish EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    say "booting systemd"
    # Node 3 has a disk of its own, which can be made to hang.
    make_disk disk 1024 || exit 77
    # Somewhere else than /tmp, which is the container's own.
    box_start --bind="$work/disk:/var/lib/raftd/3" --bind-ro="$(realpath "$1"):/opt/raftd.deb" --bind-ro="$directory:/opt/raft-tests" || exit 77
    box bash /opt/raft-tests/systemd.sh --inside
    exit
fi

# MARK: Inside

binaries=/usr/bin
export RAFTCTL_ENDPOINTS=unix:/run/raftd/1.client.sock,unix:/run/raftd/2.client.sock,unix:/run/raftd/3.client.sock
endpoint() { echo "unix:/run/raftd/$1.client.sock"; }
quietly() { "$@" >/dev/null; }
property() { systemctl show --value --property "$2" "raftd@$1.service"; }
is_active() { [ "$(property "$1" ActiveState)" = active ]; }
status_is() { [[ $(property "$1" StatusText) == $2 ]]; }
restarted() { [ "$(property "$1" NRestarts)" -gt "$2" ] && is_active "$1"; }
sockets_are() { [ "$(systemctl is-active "raftd-peer@$1.socket" "raftd-client@$1.socket" | sort -u)" = "$2" ]; }
other_than() { for id in 1 2 3; do [ "$id" = "$1" ] || echo "$id"; done; }
records() { journalctl --sync 2>/dev/null; journalctl --quiet --no-pager --output=cat "$@"; }
has_record() { [ -n "$(records "$@")" ]; }
failed_calls() { cat "$work"/codes.* 2>/dev/null | sort | uniq -c | sed 's/^ */  /'; }
no_call_failed() {
    local failed
    failed=$(failed_calls)
    [ -z "$failed" ] || { printf 'calls that failed, by exit code:\n%s\n' "$failed"; tail -n 3 "$work"/errors.*; return 1; }
}

say "installing the package"
check "the package installs" dpkg --install /opt/raftd.deb
rmdir /var/lib/raftd/3/lost+found
chown raftd: /var/lib/raftd/3
work=$(mktemp -d /tmp/raft-system.XXXXXX)
for unit in raftd@1.service raftd-peer@1.socket raftd-client@1.socket raftd.target; do
    check "$unit is clean" systemd-analyze verify --man=no --recursive-errors=yes "$unit"
done
check "the service is closed up (at most 1.2)" quietly systemd-analyze security --no-pager --offline=true --threshold=12 \
    /usr/lib/systemd/system/raftd@.service
for id in 1 2 3; do check "configuration $id is right" quietly raftd check --config /etc/raftd/$id.yaml; done
for file in man/man8/raftd.8 man/man1/raftctl.1 man/man5/raftd.yaml.5 bash-completion/completions/raftctl fish/vendor_completions.d/raftd.fish; do
    check "$file is there" test -s "/usr/share/$file"
done

say "starting a cluster of three"
# A frozen node is found sooner than by default.
mkdir -p /etc/systemd/system/raftd@.service.d
printf '[Service]\nWatchdogSec=3s\n' >/etc/systemd/system/raftd@.service.d/watchdog.conf
systemctl daemon-reload
check "the target starts" systemctl start raftd.target
for id in 1 2 3; do check "node $id is up" within 20 is_active $id; done
leader=$(await_leader 30 1 2 3) || { flunk "nobody leads"; leader=1; }
check "the leader's status says so" within 20 status_is "$leader" "leader in term *; node * in step; node * in step"
for id in $(other_than "$leader"); do
    check "node $id's status names the leader" within 20 status_is "$id" "follower in term *; node $leader leads; in step"
done
check "a value is written" quietly ctl put first one
check "and read" test "$(ctl get first)" = one
check "the nodes run as a user of their own" test "$(stat -c %U "/proc/$(property 1 MainPID)")" = raftd

say "reading the records back"
journalctl --sync
record=$(journalctl --quiet --no-pager --output=json RAFT_EVENT=raft.leader.elected RAFT_NODE="$leader" | tail -n 1)
for field in MESSAGE MESSAGE_ID PRIORITY SYSLOG_IDENTIFIER CODE_FILE RAFT_CLUSTER RAFT_NODE RAFT_TERM _SYSTEMD_UNIT; do
    check "an election has $field" grep -qE "\"$field\" ?: ?\"" <<<"$record"
done
id=$(grep -oE '"MESSAGE_ID" ?: ?"[0-9a-f]{32}"' <<<"$record" | grep -oE '[0-9a-f]{32}')
check "and is found by its MESSAGE_ID" has_record "MESSAGE_ID=${id:-none}" RAFT_NODE="$leader"
check "which the catalogue explains" grep -q 'the group takes writes again' \
    <(journalctl --quiet --no-pager --catalog "MESSAGE_ID=${id:-none}")

start_load 1 3
say "killing the leader, node $leader"
restarts=$(property "$leader" NRestarts)
systemctl kill --kill-who=main --signal=KILL "raftd@$leader.service"
check "another one leads" quietly await_leader 20 $(other_than "$leader")
check "systemd restarts the killed one" within 20 restarted "$leader" "$restarts"
check "its sockets are there again" within 5 sockets_are "$leader" active
check "it follows" within 20 status_is "$leader" "*; in step"

leader=$(await_leader 20 1 2 3)
for frozen in "$leader" "$(other_than "$leader" | head -n 1)"; do
    say "freezing node $frozen$([ "$frozen" = "$leader" ] && echo ', the leader')"
    restarts=$(property "$frozen" NRestarts)
    systemctl kill --kill-who=main --signal=STOP "raftd@$frozen.service"
    check "the watchdog ends it, and systemd restarts it" within 40 restarted "$frozen" "$restarts"
    check "the journal says why" within 10 has_record -u "raftd@$frozen" --grep 'atchdog timeout'
done
leader=$(await_leader 20 1 2 3)
for id in 1 2 3; do check "node $id is in step" within 20 status_is $id "*in step"; done

say "hanging the disk of node 3"
restarts=$(property 3 NRestarts)
since="@$(date +%s.%N)"
fsfreeze --freeze /var/lib/raftd/3
check "the node says what hangs" within 20 has_record --since "$since" -u raftd@3 RAFT_EVENT=raft.watchdog.withheld \
    --grep 'the storage thread'
check "the watchdog runs out" within 20 has_record --since "$since" -u raftd@3 --grep 'atchdog timeout'
check "the others go on" quietly ctl --endpoint "$(endpoint 1)" --endpoint "$(endpoint 2)" put third three
fsfreeze --unfreeze /var/lib/raftd/3
check "systemd restarts it when the disk lets go" within 40 restarted 3 "$restarts"
check "the recording of the process before says what hung" grep -q raft.watchdog.withheld \
    <("$binaries/raftctl" trace --merge /run/raftd/3.trace.previous)
check "node 3 is in step" within 20 status_is 3 "*in step"

say "a start that takes longer than systemd waits for one"
# Node 3 gets much to verify, and a processor for moments only, until it has asked for more time; then none at all.
mkdir -p /etc/systemd/system/raftd@3.service.d
printf '[Service]\nTimeoutStartSec=10s\n' >/etc/systemd/system/raftd@3.service.d/start.conf
systemctl daemon-reload
head -c 400000 /dev/urandom | base64 -w 0 >"$work/value"
for number in $(seq 200); do ctl put "large-$number" - <"$work/value" >/dev/null || flunk "large value $number is written"; done
check "node 3 is in step" within 20 status_is 3 "*in step"
restarts=$(property 3 NRestarts)
starts_anew() { [ "$(property 3 NRestarts)" -gt "$restarts" ] && [ "$(property 3 MainPID)" != 0 ]; }
reads_back() { status_is 3 "reading back and verifying its data: *"; }
systemctl kill --kill-who=main --signal=KILL raftd@3.service
within 20 starts_anew || flunk "node 3 is started again"
main=$(property 3 MainPID)
kill -STOP "$main"
start=$(now)
until reads_back || is_active 3 || [ "$(now)" -gt $((start + 30000)) ]; do
    sleep 0.4
    kill -CONT "$main"
    sleep 0.001
    kill -STOP "$main"
done
check "it says what it is at" reads_back
while [ "$(now)" -lt $((start + 15000)) ]; do sleep 0.1; done
check "fifteen seconds later it starts still" test "$(property 3 ActiveState) $(property 3 MainPID)" = "activating $main"
kill -CONT "$main"
check "it serves when it is ready" within 30 is_active 3
check "in the same process" test "$(property 3 MainPID)" = "$main"
check "and is in step" within 20 status_is 3 "*in step"
rm /etc/systemd/system/raftd@3.service.d/start.conf
systemctl daemon-reload

say "restarting the nodes one after the other, under load"
stop_load
rm -f "$work"/codes.* "$work"/errors.*
start_load 2 3
# Who asks one node alone is answered after its restart: the socket outlives the process.
ask_always() {
    local id=$1
    while [ ! -e "$work/stop" ]; do
        "$binaries/raftctl" --endpoint "$(endpoint "$id")" --no-follow --timeout 15s status >/dev/null 2>>"$work/refused" ||
            echo "node $id: $?" >>"$work/refused"
    done
}
for id in 1 2 3; do
    ask_always $id &
    writers+=($!)
done
time_calls() {
    local begin number=0
    while [ ! -e "$work/stop" ]; do
        number=$((number + 1))
        begin=$(now)
        patience=2s ctl put "timed-$number" x >/dev/null 2>>"$work/errors.timed" || echo $? >>"$work/codes.timed"
        echo $(($(now) - begin)) >>"$work/times"
    done
}
time_calls &
writers+=($!)
before=$(acknowledged)
sockets() { stat -c '%n %i' /run/raftd/*.sock; systemctl show --value --property ActiveEnterTimestamp 'raftd-*@*.socket'; }
sockets >"$work/sockets"
for id in 1 2 3; do
    check "node $id restarts" systemctl restart "raftd@$id.service"
    check "node $id is in step again" within 20 status_is $id "*in step"
done
handed=$(records -u 'raftd@*' RAFT_EVENT=raft.transfer.ended --grep 'was handed to' | wc -l)
check "leadership was handed over ($handed times)" test "$handed" -ge 1
check "writes went on ($(($(acknowledged) - before)))" test "$(acknowledged)" -gt "$before"
stop_load
check "every write of the restarts was answered within two seconds" no_call_failed
echo "the longest of $(wc -l <"$work/times") timed ones took $(sort -n "$work/times" | tail -n 1) ms," \
    "the median $(sort -n "$work/times" | sed -n "$(($(wc -l <"$work/times") / 2 + 1))p") ms"
check "the sockets are the same as before" diff "$work/sockets" <(sockets)
check "nobody was refused" test ! -s "$work/refused"
[ ! -s "$work/refused" ] || head -n 3 "$work/refused"

say "upgrading the package under load"
rm -f "$work"/codes.* "$work"/errors.*
dpkg-deb --raw-extract /opt/raftd.deb "$work/newer"
sed -i 's/^Version: .*/&+next/' "$work/newer/DEBIAN/control"
dpkg-deb -Znone --build "$work/newer" "$work/newer.deb" >/dev/null
rm -r "$work/newer"
start_load 4 2
before=$(acknowledged)
mains=$(for id in 1 2 3; do property $id MainPID; done)
check "the newer package installs" quietly dpkg --install "$work/newer.deb"
check "it is the one that is there" grep -q '+next$' <(dpkg-query --showformat '${Version}\n' --show raftd)
for id in 1 2 3; do check "node $id is in step" within 20 status_is $id "*in step"; done
check "every node is another process" test -z "$(comm -12 <(sort <<<"$mains") <(for id in 1 2 3; do property $id MainPID; done | sort))"
check "writes went on ($(($(acknowledged) - before)))" test "$(acknowledged)" -gt "$before"
stop_load
check "every write of the upgrade was answered within two seconds" no_call_failed

say "reloading"
start_load 3 2
sed -i 's/level: info/level: debug/; s/heartbeat: 50ms/heartbeat: 40ms/' /etc/raftd/1.yaml
check "node 1 reloads" systemctl reload raftd@1.service
check "and says what counts now and what later" within 10 has_record -u raftd@1 RAFT_EVENT=raft.configuration.reloaded \
    --grep 'now in effect: tracing.level; not before the next start: raft.heartbeat'
check "it records what it did not before" within 10 has_record -u raftd@1 PRIORITY=7
cp /etc/raftd/1.yaml "$work/right.yaml"
echo "raft.heartbeet: 50ms" >>/etc/raftd/1.yaml
systemctl reload raftd@1.service
check "a wrong file is refused in one line" within 10 has_record -u raftd@1 RAFT_EVENT=raft.configuration.refused \
    --grep 'unknown key raft.heartbeet'
check "the node goes on, and its status says it" within 10 status_is 1 "*configuration not reloaded: *"
check "it is active" is_active 1
cp "$work/right.yaml" /etc/raftd/1.yaml
systemctl reload raftd@1.service
check "the right file is taken again" within 10 status_is 1 "*in step"

say "stopping a node for good"
check "node 2 stops" systemctl stop raftd@2.service
check "and its sockets with it" within 5 sockets_are 2 inactive
leader=$(await_leader 20 1 3)
check "the others go on" quietly ctl put second two
check "it stays down, whoever calls" test "$(property 2 ActiveState)" = inactive
check "it ended as it should" test "$(property 2 Result)" = success
check "node 2 starts again" systemctl start raftd@2.service
check "node 2 is in step" within 20 status_is 2 "*in step"

say "a socket that the configuration does not know"
systemctl stop raftd@3.service
sed -i.right 's|unix:/run/raftd/3.client.sock|unix:/run/raftd/three.sock|' /etc/raftd/3.yaml
systemctl start raftd@3.service 2>/dev/null
check "is refused, and not tried again" test "$(property 3 ExecMainStatus) $(property 3 NRestarts)" = "64 0"
check "with a line that says why" has_record -u raftd@3 --grep 'clients.listen: does not hold unix:/run/raftd/3.client.sock'
mv /etc/raftd/3.yaml.right /etc/raftd/3.yaml
systemctl reset-failed 'raftd@3.service' 'raftd-*@3.socket' 2>/dev/null
check "node 3 starts again" systemctl start raftd@3.service

stop_load
check "no acknowledged write is lost ($(acknowledged) of them)" all_is_there "after all of it"
check "the nodes hold the same" nodes_agree 1 2 3
check "the target restarts" systemctl restart raftd.target
for id in 1 2 3; do check "node $id is up" within 30 is_active $id; done
check "and everything is there" all_is_there "after the restart"
check "the package goes" dpkg --remove raftd
no_process_runs() { ! grep -qsx "$1" /proc/[0-9]*/comm; }
check "and with it its processes" no_process_runs raftd
check "and not the data" test -s /var/lib/raftd/1/raft.mdb

if [ "$failures" != 0 ]; then
    systemctl --no-pager --lines=0 status 'raftd@*' 2>/dev/null | grep -E '●|Active|Status'
    journalctl --no-pager --quiet -u 'raftd@*' -n 60 --output=short-monotonic
fi
shopt -s nullglob
conclude
