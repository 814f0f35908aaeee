#!/usr/bin/env bash
# Measures the server, and writes the figures into docs/performance.md. A quick look writes nothing:
# its figures are worth little.
set -euo pipefail
cd "$(dirname "$0")/.."

page=(--page docs/performance.md)
for argument in "$@"; do
    case "$argument" in
        --quick | --only | --only=*) page=() ;;
    esac
done
exec cargo run --release --quiet --package madang-loadgen -- \
    load --binary target/release/madang "${page[@]}" "$@"
