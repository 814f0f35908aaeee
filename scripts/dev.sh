#!/usr/bin/env bash
# Runs `trunk serve` on port 3000 and the server on port 5001. A change of the sources rebuilds the one that it
# concerns. Ctrl-C ends both.
#
#   scripts/dev.sh [FLAGS OF madang serve…]
set -euo pipefail
source "$(dirname "$0")/tools.sh"
cd "$root"

server=''
target=${CARGO_TARGET_DIR:-$root/target}
binary=$target/debug/madang
mkdir -p "$target"
seen=$(mktemp "$target/dev-XXXXXX")

end() {
    trap - EXIT INT TERM
    rm -f "$seen" "$seen.started"
    # shellcheck disable=SC2046
    kill $(jobs -p) 2>/dev/null || true
    wait
}
trap end EXIT
trap 'exit 130' INT TERM

# serve FLAGS…: builds the server, and if the build is new, replaces the running server with it.
serve() {
    touch "$seen"
    cargo build --package madang || return 0
    if [ -n "$server" ]; then
        [ "$binary" -nt "$started" ] || return 0
        kill "$server" 2>/dev/null || true
        wait "$server" || true
    fi
    started=$seen.started
    touch "$started"
    "$binary" serve --listen 127.0.0.1:5001 --allowed-origin http://127.0.0.1:3000 "$@" &
    server=$!
}

# The server first: both builds use the same target folder, so the second one waits for the first.
serve "$@"
# trunk 0.21 reads NO_COLOR as its own flag, rejects the value 1, and exits.
env -u NO_COLOR "$trunk" serve &
while sleep 1; do
    changed=$(find crates shared Cargo.toml Cargo.lock -newer "$seen" -type f -print | head -n 1)
    [ -z "$changed" ] || serve "$@"
done
