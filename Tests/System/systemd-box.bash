# A real systemd as process 1 of a container that is thrown away: its root is this machine's own, below an overlay in
# memory, or another system's in the directory SYSTEM_ROOT, such as debootstrap makes. Sourced; needs systemd-nspawn and
# nsenter. Nothing of it is left on the machine.
#
# box_start [NSPAWN-OPTION]..., box COMMAND..., box_stop; "$work" is a directory for its own files.

box_name=raft-test-$$
box_supervisor=
box_leader=

# Of each hierarchy of control groups that there is: the container's own.
box_groups() {
    local hierarchy
    for hierarchy in unified systemd .; do
        if [ -f "/sys/fs/cgroup/$hierarchy/cgroup.procs" ]; then echo "/sys/fs/cgroup/$hierarchy/$box_name"; fi
    done
}

box_start() {
    local group end=$((SECONDS + 60)) state
    mkdir -p "$work/root"
    for group in $(box_groups); do mkdir -p "$group"; done
    # Without the units of the machine: basic.target has what services need.
    BOX_GROUPS=$(box_groups) setsid unshare --mount --propagation private bash -c '
        for group in $BOX_GROUPS; do echo $$ >"$group/cgroup.procs"; done
        mount -t tmpfs -o mode=755 tmpfs /run/systemd
        mount --bind "${SYSTEM_ROOT:-/}" "$1"
        exec systemd-nspawn --quiet --directory "$1" --volatile=overlay --register=no --keep-unit --boot --console=pipe \
            --link-journal=no --private-network --machine="$2" "${@:3}" -- systemd.unit=basic.target' \
        _ "$work/root" "$box_name" "$@" >"$work/box.log" 2>&1 </dev/null &
    box_supervisor=$!
    until
        box_leader=$(pgrep -P "$box_supervisor" | head -n 1)
        state=$([ -n "$box_leader" ] && box systemctl is-system-running 2>/dev/null)
        [ "$state" = running ] || [ "$state" = degraded ]
    do
        if ! kill -0 "$box_supervisor" 2>/dev/null || [ $SECONDS -ge $end ]; then
            tail -n 20 "$work/box.log"
            return 1
        fi
        sleep 0.05
    done
}

box() {
    nsenter -t "$box_leader" -m -u -i -n -p -C -r -w \
        env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 SYSTEMD_PAGER= "$@"
}

box_stop() {
    [ -n "$box_supervisor" ] || return 0
    local end=$((SECONDS + 20)) group
    kill -TERM "$box_supervisor" 2>/dev/null
    while kill -0 "$box_supervisor" 2>/dev/null; do
        if [ $SECONDS -ge $end ]; then kill -KILL "$box_supervisor" $box_leader 2>/dev/null; fi
        sleep 0.05
    done
    wait "$box_supervisor" 2>/dev/null
    box_supervisor=
    for group in $(box_groups); do
        [ -d "$group" ] && find "$group" -depth -type d -exec rmdir {} \; 2>/dev/null
    done
    return 0
}
