# What the system tests share: nodes as processes, raftctl, a load that remembers what was acknowledged, checks. Sourced.
#
# A test sets `binaries` and `needs` COMMAND..., calls `prepare`, and ends with `conclude`. Everything it makes is below
# "$work"; what else must be undone it adds to `undo`, a function.

failures=0
work=
members=
declare -A process=() mounted=()

# Ends with 77, which counts as skipped, unless root and the named commands are there.
needs() {
    local command package missing=() packages=()
    if [ "$(id -u)" != 0 ]; then
        echo "skipped: needs root" >&2
        exit 77
    fi
    PATH=$PATH:/usr/sbin:/sbin
    for command in "$@"; do
        command -v "$command" >/dev/null && continue
        case $command in
            ip) package=iproute2 ;;
            nft) package=nftables ;;
            mkfs.ext4) package=e2fsprogs ;;
            mount | umount) package=mount ;;
            unshare | nsenter | fsfreeze) package=util-linux ;;
            systemd-nspawn) package=systemd-container ;;
            *) package=$command ;;
        esac
        missing+=("$command")
        packages+=("$package")
    done
    [ ${#missing[@]} = 0 ] && return
    if [ "${INSTALL:-0}" = 1 ] && command -v apt-get >/dev/null; then
        install() { DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${packages[@]}" >/dev/null; }
        if install 2>/dev/null || { apt-get update >/dev/null && install; }; then return; fi
    fi
    echo "skipped: needs ${missing[*]} (packages ${packages[*]}; INSTALL=1 installs them with apt-get)" >&2
    exit 77
}

# Goes on in a mount namespace of its own. Otherwise whoever copies the machine's mounts meanwhile, as `ip netns exec`
# and `unshare --mount` do, keeps a file system in use that the test believes unmounted.
isolate_mounts() {
    [ "${RAFT_TEST_MOUNTS:-}" = "$$" ] || RAFT_TEST_MOUNTS=$$ exec unshare --mount --propagation private -- "$0" "$@"
}

# A directory to work in, and an end that undoes everything, whatever happens.
prepare() {
    binaries=$(cd "$binaries" && pwd)
    local program
    for program in raftd raftctl; do
        if [ ! -x "$binaries/$program" ]; then
            echo "no $program in $binaries: make release" >&2
            exit 64
        fi
    done
    work=$(mktemp -d "${TMPDIR:-/tmp}/raft-system.XXXXXX")
    trap finish EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
}

finish() {
    local code=$? id
    trap - EXIT INT TERM
    stop_load
    for id in "${!process[@]}"; do kill_node "$id"; done
    if declare -F undo >/dev/null; then undo; fi
    for id in "${!mounted[@]}"; do umount "${mounted[$id]}" || umount --lazy "${mounted[$id]}"; done
    if [ "${KEEP:-0}" = 1 ] || { [ "$failures" != 0 ] && [ "${KEEP_FAILED:-0}" = 1 ]; }; then
        echo "kept: $work"
    else
        rm -rf "$work"
    fi
    exit "$code"
}

conclude() {
    if [ "$failures" != 0 ]; then
        echo "$failures checks failed"
        local log
        for log in "$work"/*.log; do
            printf -- '-- the last lines of %s:\n' "${log##*/}"
            tail -n 12 "$log"
        done
        exit 1
    fi
    echo "all checks held"
}

say() { printf '== %s\n' "$*"; }
flunk() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}
# check WHAT COMMAND...: runs the command and counts a failure.
check() {
    local what=$1
    shift
    if "$@"; then echo "ok: $what"; else flunk "$what"; fi
}
# within SECONDS COMMAND...: tries until it succeeds.
within() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.02
    done
}
now() { echo $(($(date +%s%N) / 1000000)); }
# random LOW HIGH: seconds with a fraction, from milliseconds.
random() {
    local milliseconds=$(($1 + (RANDOM * 32768 + RANDOM) % ($2 - $1 + 1)))
    printf '%d.%03d' $((milliseconds / 1000)) $((milliseconds % 1000))
}

# configure ID DATA [YAML-LINE]...: writes the node's configuration; `members` holds the list of all.
configure() {
    local id=$1 data=$2
    shift 2
    {
        echo "cluster: system-test"
        echo "node: { id: $id, data: $data }"
        echo "clients: { listen: [\"$(endpoint "$id")\"] }"
        echo "members: [$members]"
        echo "bootstrap: true"
        echo "tracing: { sink: stderr, level: info }"
        [ $# = 0 ] || printf '%s\n' "$@"
    } >"$work/$id.yaml"
}
endpoint() { echo "unix:$work/$1.client.sock"; }

# start ID [PREFIX...]: starts the node, by way of PREFIX when given.
start() {
    local id=$1
    shift
    "$@" "$binaries/raftd" run --config "$work/$id.yaml" >/dev/null 2>>"$work/$id.log" &
    process[$id]=$!
}
kill_node() {
    [ -n "${process[$1]:-}" ] || return 0
    kill -KILL "${process[$1]}" 2>/dev/null
    wait "${process[$1]}" 2>/dev/null
    unset "process[$1]"
}
runs() { kill -0 "${process[$1]}" 2>/dev/null; }
ended() { ! runs "$1"; }

# Through any node, to the leader.
ctl() { "$binaries/raftctl" --timeout "${patience:-5s}" "$@"; }
# ask ID ARGUMENT...: exactly this node.
ask() {
    local id=$1
    shift
    "$binaries/raftctl" --endpoint "$(endpoint "$id")" --no-follow --timeout 2s "$@"
}
# field ID NAME: of the status of this node; empty while it does not answer.
field() {
    { ask "$1" --output json status 2>/dev/null || true; } |
        tr -d '\n' | sed -E 's/"members":.*//' | sed -nE 's/.*"'"$2"'": *"?([A-Za-z0-9_]+)"?[,}].*/\1/p'
}
leads() { [ "$(field "$1" role)" = leader ]; }
# leader_among ID...: prints who says that it leads; of two that say so, the one of the higher term.
leader_among() {
    local id term best= best_term=0
    for id in "$@"; do
        if leads "$id"; then
            term=$(field "$id" term)
            if [ -n "$term" ] && [ "$term" -gt "$best_term" ]; then
                best=$id
                best_term=$term
            fi
        fi
    done
    [ -n "$best" ] && echo "$best"
}
# await_leader SECONDS ID...: prints who leads as soon as somebody does.
await_leader() {
    local end=$((SECONDS + $1))
    shift
    until leader_among "$@"; do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.02
    done
}
highest_term() {
    local id term highest=0
    for id in "$@"; do
        term=$(field "$id" term)
        if [ "${term:-0}" -gt $highest ]; then highest=$term; fi
    done
    echo $highest
}

# The load: writers that put keys of their own, one after the other. A line "key TAB value" stands in issued.N before the
# call, and in acked.N once raftctl has said that it is durable. Both are outside of what a test damages.
padding=$(printf '%2000s' '' | tr ' ' x)
write_keys() {
    local writer=$1 round=$2 size=$3 number=0 key value
    while [ ! -e "$work/stop" ]; do
        number=$((number + 1))
        key=key-$round-$writer-$number
        value=$key:${padding:0:$((size == 0 ? number * 37 % 1500 : size))}
        printf '%s\t%s\n' "$key" "$value" >>"$work/issued.$writer"
        if patience=2s ctl put "$key" - <<<"$value" >/dev/null 2>>"$work/errors.$writer"; then
            printf '%s\t%s\n' "$key" "$value" >>"$work/acked.$writer"
        else
            echo $? >>"$work/codes.$writer"
        fi
    done
}
declare -a writers=()
# start_load ROUND WRITERS [BYTES]: values of so many bytes, or of different sizes.
start_load() {
    local writer
    rm -f "$work/stop"
    for writer in $(seq "$2"); do
        write_keys "$writer" "$1" "${3:-0}" &
        writers+=($!)
    done
}
stop_load() {
    [ ${#writers[@]} != 0 ] || return 0
    touch "$work/stop"
    wait "${writers[@]}" 2>/dev/null
    writers=()
}
acknowledged() { cat "$work"/acked.* 2>/dev/null | wc -l; }

# Compares what a reader lists with what was written: every acknowledged key with its value, and nothing never issued.
# found LISTED WHERE
found() {
    local lost strange
    # raftctl put - takes the newline along, and list writes it as \n.
    sed -E 's/\\n$//' "$1" | LC_ALL=C sort >"$1.sorted"
    cat "$work"/acked.* 2>/dev/null | LC_ALL=C sort >"$work/sorted.acked"
    cat "$work"/issued.* 2>/dev/null | LC_ALL=C sort >"$work/sorted.issued"
    lost=$(LC_ALL=C comm -23 "$work/sorted.acked" "$1.sorted" | wc -l)
    strange=$(LC_ALL=C comm -13 "$work/sorted.issued" "$1.sorted" | wc -l)
    if [ "$lost" != 0 ]; then
        flunk "$2: $lost of $(wc -l <"$work/sorted.acked") acknowledged keys are lost or changed, the first:" \
            "$(LC_ALL=C comm -23 "$work/sorted.acked" "$1.sorted" | head -n 1 | cut -c 1-60)"
    fi
    if [ "$strange" != 0 ]; then
        flunk "$2: $strange lines that nobody wrote, the first:" \
            "$(LC_ALL=C comm -13 "$work/sorted.issued" "$1.sorted" | head -n 1 | cut -c 1-60)"
    fi
    [ "$lost" = 0 ] && [ "$strange" = 0 ]
}

# Everything acknowledged can be read from the leader.
all_is_there() {
    if ! patience=20s ctl list key- >"$work/listed" 2>"$work/listed.error"; then
        flunk "${1:-list}: $(head -n 1 "$work/listed.error")"
        return 1
    fi
    found "$work/listed" "${1:-list}"
}

same_index() {
    local id applied first=
    for id in "$@"; do
        applied=$(field "$id" appliedIndex)
        [ -n "$applied" ] || return 1
        [ "${first:=$applied}" = "$applied" ] || return 1
    done
}
# Every named node has applied the same, and holds the same.
nodes_agree() {
    local id first=$1
    if ! within 20 same_index "$@"; then
        flunk "the nodes stay apart: $(for id in "$@"; do printf '%s:%s ' "$id" "$(field "$id" appliedIndex)"; done)"
        return 1
    fi
    for id in "$@"; do
        if ! ask "$id" list key- --consistency stale >"$work/listed.$id" 2>"$work/listed.error"; then
            flunk "node $id: $(head -n 1 "$work/listed.error")"
            return 1
        fi
        if ! cmp -s "$work/listed.$first" "$work/listed.$id"; then
            flunk "nodes $first and $id hold different things at the same index"
            return 1
        fi
    done
}

# make_disk NAME MEGABYTES: an ext4 of its own in a file, mounted on "$work/NAME".
make_disk() {
    truncate -s "$2M" "$work/$1.image"
    mkfs.ext4 -q -F -m 0 "$work/$1.image"
    mkdir -p "$work/$1"
    attach_disk "$1"
}
attach_disk() {
    mount -o loop "$work/$1.image" "$work/$1" || return 1
    mounted[$1]=$work/$1
}
detach_disk() {
    umount "$work/$1" || return 1
    unset "mounted[$1]"
}
