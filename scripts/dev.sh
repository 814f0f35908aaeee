#!/usr/bin/env bash
# `trunk serve` on port 3000 and the server on 5001, each built again when its sources change. Ctrl-C ends both.
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

# serve FLAGS…: starts the server in the place of the one that runs, if there is a new one to start.
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

# The server first: both compile into the same folder, one after the other.
serve "$@"
# trunk 0.21 takes NO_COLOR=1 for a wrong value of its own flag, and stops.
env -u NO_COLOR "$trunk" serve &
while sleep 1; do
    changed=$(find crates shared Cargo.toml Cargo.lock -newer "$seen" -type f -print | head -n 1)
    [ -z "$changed" ] || serve "$@"
done
