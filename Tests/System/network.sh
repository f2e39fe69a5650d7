#!/bin/bash
# Parts the network of three nodes in every way that counts, and heals it.
#
#   [HOLD=10] Tests/System/network.sh DIRECTORY-OF-PROGRAMS
#
# Each node has a network namespace and an address of its own; a bridge in a fourth namespace joins them, so the machine's
# own network is not touched. HOLD is how many seconds a partial partition lasts. Needs root, iproute2 and nftables.
# Exits 0 when every check held, 1 when one did not, 77 when the machine cannot run it.
set -u
binaries=${1:?usage: $0 DIRECTORY-OF-PROGRAMS}
. "$(dirname "$0")/common.bash"
needs ip nft
prepare
hold=${HOLD:-10}

spaces=raft-test-$$
undo() { for space in 1 2 3 switch; do ip netns del "$spaces-$space" 2>/dev/null; done; }
switch() { ip netns exec "$spaces-switch" "$@"; }
build_network() {
    local id
    ip netns add "$spaces-switch" && ip -n "$spaces-switch" link add bridge0 type bridge &&
        ip -n "$spaces-switch" link set bridge0 up || return 1
    for id in 1 2 3; do
        ip netns add "$spaces-$id" && ip -n "$spaces-$id" link set lo up &&
            ip -n "$spaces-switch" link add "port$id" type veth peer name eth0 netns "$spaces-$id" &&
            ip -n "$spaces-switch" link set "port$id" master bridge0 up &&
            ip -n "$spaces-$id" addr add "10.77.0.$id/24" dev eth0 && ip -n "$spaces-$id" link set eth0 up || return 1
    done
    switch nft -f - <<'NFT'
table bridge partition {
    set dropped { type ifname . ifname; }
    chain forward { type filter hook forward priority 0; policy accept; iifname . oifname @dropped counter drop; }
}
NFT
}
if ! build_network 2>"$work/network.error"; then
    echo "skipped: no network namespaces with a filtering bridge here: $(tail -n 1 "$work/network.error")" >&2
    exit 77
fi
# drop FROM TO: what FROM sends to TO is lost, without a word.
drop() { switch nft add element bridge partition dropped "{ \"port$1\" . \"port$2\" }"; }
part() { drop "$1" "$2" && drop "$2" "$1"; }
heal() { switch nft flush set bridge partition dropped; }
isolate() { ip -n "$spaces-switch" link set "port$1" down; }
rejoin() { ip -n "$spaces-switch" link set "port$1" up; }

for id in 1 2 3; do members+=${members:+, }\"$id=tcp:10.77.0.$id:7000\"; done
for id in 1 2 3; do
    configure "$id" "$work/data$id" "transport: { listen: [\"tcp:10.77.0.$id:7000\"], allowInsecureTCP: true }"
    start "$id" ip netns exec "$spaces-$id"
done
export RAFTCTL_ENDPOINTS
RAFTCTL_ENDPOINTS="$(endpoint 1),$(endpoint 2),$(endpoint 3)"
leader=$(await_leader 20 1 2 3) || flunk "the cluster was not formed over TCP"
[ $failures = 0 ] || conclude

others() { local id; for id in 1 2 3; do [ "$id" = "$1" ] || printf '%s ' "$id"; done; }
does_not_lead() { local role; role=$(field "$1" role); [ -n "$role" ] && [ "$role" != leader ]; }
one_leader() {
    local id seen first=
    for id in 1 2 3; do
        seen=$(field "$id" leader)
        [ -n "$seen" ] && [ "$seen" != null ] && [ "${first:=$seen}" = "$seen" ] || return 1
    done
}
# settle: after the network is whole again, one leader, one log, everything acknowledged.
settle() {
    local began
    began=$(now)
    check "$1: all follow one leader again" within 20 one_leader
    echo "    after $(($(now) - began)) ms: node $(leader_among 1 2 3) leads term $(highest_term 1 2 3)"
    stop_load
    check "$1: the nodes hold the same" nodes_agree 1 2 3
    check "$1: everything acknowledged is there" all_is_there "$1"
}

say "Isolated leader"
for round in 1 2 3; do
    leader=$(await_leader 20 1 2 3)
    read -r -a rest <<<"$(others "$leader")"
    term=$(highest_term 1 2 3)
    start_load "isolated$round" 3
    within 5 test -s "$work/acked.1"
    began=$(now)
    isolate "$leader"
    if heir=$(await_leader 10 "${rest[@]}"); then
        echo "node $leader (term $term) cut off: node $heir leads term $(field "$heir" term) after $(($(now) - began)) ms"
    else
        flunk "no new leader within 10 s"
    fi
    check "the old leader steps down" within 10 does_not_lead "$leader"
    echo "    after $(($(now) - began)) ms"
    ctl put "majority-$round" yes >"$work/put" 2>&1
    check "the majority takes writes" test $? = 0
    ask "$leader" put "minority-$round" no >"$work/put" 2>&1
    refusal=$?
    check "the minority takes none (exit code $refusal)" test $refusal != 0
    sleep 2
    before=$(highest_term "${rest[@]}")
    rejoin "$leader"
    settle "isolation $round"
    check "who comes back disturbs nobody (term $before, now $(highest_term 1 2 3))" \
        test "$(highest_term 1 2 3)" -le $((before + 1))
    # 5 says that the outcome is unknown: then it may be there.
    if [ $refusal != 5 ]; then
        ctl get "minority-$round" >"$work/get" 2>&1
        check "what the minority refused was not written" test $? = 2
    fi
done

# partial WHAT: watches a partition that leaves everybody in touch with somebody (V10).
partial() {
    local after began status
    sleep 3
    began=$(acknowledged)
    after=$(highest_term 1 2 3)
    sleep "$hold"
    patience=10s ctl put "partial-$1" yes >/dev/null
    status=$?
    check "$1: writes are taken" test $status = 0
    echo "    term $term before, $after after 3 s, $(highest_term 1 2 3) after $((3 + hold)) s;" \
        "$(($(acknowledged) - began)) writes in the last $hold s; $(leader_among 1 2 3) leads"
    check "$1: the leadership settles" test "$after" -le $((term + 2))
    check "$1: the term does not climb" test "$(highest_term 1 2 3)" -le "$after"
    check "$1: the load goes on" test "$(acknowledged)" -gt "$began"
}
say "Partial partitions"
for kind in leader-and-follower followers leader-unheard follower-unheard; do
    leader=$(await_leader 20 1 2 3)
    read -r -a rest <<<"$(others "$leader")"
    term=$(highest_term 1 2 3)
    start_load "$kind" 3
    case $kind in
        leader-and-follower) part "$leader" "${rest[0]}" ;;
        followers) part "${rest[0]}" "${rest[1]}" ;;
        leader-unheard) drop "$leader" "${rest[0]}" ;;
        follower-unheard) drop "${rest[0]}" "$leader" ;;
    esac
    partial "$kind"
    heal
    settle "$kind"
done

say "Nobody reaches anybody"
for pair in "1 2" "1 3" "2 3"; do part $pair; done
for id in 1 2 3; do check "node $id does not lead" within 10 does_not_lead "$id"; done
term=$(highest_term 1 2 3)
sleep 3
check "terms stand still (pre-vote)" test "$(highest_term 1 2 3)" -le "$term"
heal
settle "whole again"
echo "$(acknowledged) acknowledged keys; term $(highest_term 1 2 3)"
conclude
