#!/bin/bash
# Has the programs write their completions for bash, zsh and fish, where these shells look for them.
#
# usage: scripts/install-completions.sh DIRECTORY-OF-PROGRAMS SHARE-DIRECTORY
set -euo pipefail
binaries=${1:?usage: $0 DIRECTORY-OF-PROGRAMS SHARE-DIRECTORY}
share=${2:?usage: $0 DIRECTORY-OF-PROGRAMS SHARE-DIRECTORY}
mkdir -p "$share"/bash-completion/completions "$share"/zsh/site-functions "$share"/fish/vendor_completions.d
for program in raftd raftctl; do
    "$binaries/$program" --generate-completion-script bash >"$share/bash-completion/completions/$program"
    "$binaries/$program" --generate-completion-script zsh >"$share/zsh/site-functions/_$program"
    "$binaries/$program" --generate-completion-script fish >"$share/fish/vendor_completions.d/$program.fish"
done
