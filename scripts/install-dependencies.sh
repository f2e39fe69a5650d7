#!/bin/bash
# Installs the system libraries that the package needs, on Debian and its kin, when they are missing.
set -euo pipefail

if command -v pkg-config >/dev/null && pkg-config --exists libsystemd lmdb; then exit 0; fi
packages=(libsystemd-dev liblmdb-dev pkg-config)
if ! command -v apt-get >/dev/null; then
    echo "missing: the development files of libsystemd and LMDB, and pkg-config; install them, then try again" >&2
    exit 1
fi
as_root=()
if [ "$(id -u)" != 0 ]; then as_root=(sudo); fi
install() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${packages[@]}"; }
# The lists of a fresh machine or image are empty or old.
install >/dev/null || { "${as_root[@]}" apt-get update >/dev/null && install >/dev/null; }
