#!/usr/bin/env bash
# Runs the load laboratory (bench/) and writes its figures into docs/performance.md. A run with --quick or --only
# writes nothing. With --peers it measures Madang beside other servers; servers that are not installed are
# skipped.
set -euo pipefail
source "$(dirname "$0")/tools.sh"
cd "$root"

page=(--page docs/performance.md)
for argument in "$@"; do
    case "$argument" in
        --quick | --only | --only=*) page=() ;;
        --peers)
            scripts/setup.sh load-peers
            for_load_peers
            ;;
    esac
done
exec cargo run --release --quiet --manifest-path bench/Cargo.toml -- \
    load --binary target/release/madang "${page[@]}" "$@"
