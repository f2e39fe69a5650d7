#!/bin/bash
# Makes a Debian package of what `make install` put below a directory. The package needs the libraries that its programs are
# linked to on this system, and no Swift.
#
# usage: scripts/make-deb.sh INSTALLED-ROOT OUTPUT-DIRECTORY
set -euo pipefail
root=$(cd "${1:?usage: $0 INSTALLED-ROOT OUTPUT-DIRECTORY}" && pwd)
mkdir -p "${2:?usage: $0 INSTALLED-ROOT OUTPUT-DIRECTORY}"
output=$(cd "$2" && pwd)
cd "$(dirname "$0")/.."
for command in dpkg-deb dpkg-query readelf strip gzip; do
    command -v "$command" >/dev/null || { echo "missing: $command (packages dpkg, binutils, gzip)" >&2; exit 1; }
done

version=$("$root/usr/bin/raftd" --version | sed 's/^raftd //')
architecture=$(dpkg --print-architecture)
doc=$root/usr/share/doc/raftd

# Symbols stay, for whoever looks at a core dump.
strip --strip-debug "$root/usr/bin/raftd" "$root/usr/bin/raftctl"

# needed PROGRAM: the package of each library, the C library with the newest version of which a symbol is used.
needed() {
    local library path package
    readelf -d "$1" | sed -nE 's/.*\(NEEDED\).*\[(.*)\]/\1/p' | while read -r library; do
        path=$(ldd "$1" | awk -v name="$library" '$1 == name { print $3 }')
        # The loader has no path of its own in the list.
        [ -n "$path" ] || continue
        # A file below /lib may be known as below /usr/lib, and the other way round.
        package=$({ dpkg-query -S "$path" || dpkg-query -S "/usr$path" || dpkg-query -S "${path#/usr}" ||
            dpkg-query -S "$(realpath "$path")"; } 2>/dev/null | head -n 1 | cut -d : -f 1)
        [ -n "$package" ] || { echo "no package has $path" >&2; exit 1; }
        if [ "$package" = libc6 ]; then
            echo "libc6 (>= $(readelf -V "$1" | grep -oE 'GLIBC_[0-9]+\.[0-9]+' | sed 's/GLIBC_//' | sort -V | tail -n 1))"
        else
            echo "$package"
        fi
    done
}
# Of two versions of one package the newer comes last, and stays.
depends=$(for program in raftd raftctl; do needed "$root/usr/bin/$program"; done | sort -V |
    awk '{ line[$1] = $0 } END { for (name in line) print line[name] }' | sort | paste -s -d , | sed 's/,/, /g')

# Three nodes of one cluster: they differ in their number.
mkdir -p "$root/etc/raftd"
for id in 1 2 3; do
    sed -E "s/^# Node 1 /# Node $id /; /^(node|transport|clients):/s/1/$id/g" packaging/example.yaml >"$root/etc/raftd/$id.yaml"
done
install -m 644 NOTICE "$doc/NOTICE"
{
    echo "Licensed under the Apache License, Version 2.0, or the MIT license, at your choice. The texts of both follow."
    echo
    cat LICENSE-MIT
    echo
    cat LICENSE-APACHE
} >"$doc/copyright"
gzip -9 -n -c CHANGELOG.md >"$doc/changelog.gz"

mkdir -p "$root/DEBIAN"
cat >"$root/DEBIAN/control" <<CONTROL
Package: raftd
Version: $version
Architecture: $architecture
Maintainer: The swift-raft authors <noreply@example.org>
Section: database
Priority: optional
Depends: $depends
Recommends: systemd (>= 249)
Installed-Size: $(du -sk --exclude DEBIAN "$root" | cut -f 1)
Description: replicated state machine by the Raft consensus algorithm
 raftd is a node of a cluster that keeps a key-value store on several machines
 or disks, so that it survives the loss of a minority of them. raftctl talks
 to a cluster and administers it.
 .
 The configurations in /etc/raftd are of a cluster of three on this machine:
 systemctl start raftd.target
CONTROL
(cd "$root" && find etc -type f | LC_ALL=C sort | sed 's|^|/|') >"$root/DEBIAN/conffiles"
(cd "$root" && find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum) >"$root/DEBIAN/md5sums"
install -m 755 packaging/deb/* "$root/DEBIAN/"

package=$output/raftd_${version}_$architecture.deb
dpkg-deb --root-owner-group --build "$root" "$package" >/dev/null
echo "$package"
