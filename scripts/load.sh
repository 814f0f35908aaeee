#!/usr/bin/env bash
# Measures the server, and writes the figures into docs/performance.md. A quick look writes nothing:
# its figures are worth little. With --peers, other servers beside it, those that are there.
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
exec cargo run --release --quiet --package madang-loadgen -- \
    load --binary target/release/madang "${page[@]}" "$@"
