#!/usr/bin/env bash
# The app on 3000 and the hub on 5001, each built again when its sources change. Ctrl-C ends both.
#
#   scripts/dev.sh [FLAGS OF madang serve…]
set -euo pipefail
source "$(dirname "$0")/tools.sh"
cd "$root"

hub=''
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

# A folder of its own for what trunk serves: frontend/dist holds the small build that the hub embeds.
mkdir -p target/app/dev
(for_trunk && exec trunk serve --dist target/app/dev) &
node scripts/dev-door.mjs 3000 3001 5001 &

# serve FLAGS…: starts the hub in the place of the one that runs, if there is a new one to start.
serve() {
    touch "$seen"
    cargo build --package madang || return 0
    if [ -n "$hub" ]; then
        [ "$binary" -nt "$started" ] || return 0
        kill "$hub" 2>/dev/null || true
        wait "$hub" || true
    fi
    started=$seen.started
    touch "$started"
    "$binary" serve --listen 127.0.0.1:5001 "$@" &
    hub=$!
}

serve "$@"
while sleep 1; do
    changed=$(find crates shared Cargo.toml Cargo.lock -newer "$seen" -type f -print | head -n 1)
    [ -z "$changed" ] || serve "$@"
done
