set shell := ["bash", "-euo", "pipefail", "-c"]
set positional-arguments

# Whatever the machine's own setting, the binary is where the documentation says it is.
export CARGO_TARGET_DIR := justfile_directory() / "target"

# List the recipes
[private]
default:
    @just --list --unsorted

# Install what the recipes need (each recipe installs its own part by itself)
setup:
    @scripts/setup.sh

# Build everything, serve it on http://127.0.0.1:5001, keep its data in ./data
[no-exit-message]
run *args: build
    @target/release/madang serve "$@"

# Work on it: `trunk serve` on http://127.0.0.1:3000, the server on 5001, both built again on every change
[no-exit-message]
dev *args: (_setup "dev")
    @scripts/dev.sh "$@"

# Run every test, those in a real browser included
test *args: (_setup "dev" "e2e") build
    MADANG_BIN="$PWD/target/release/madang" cargo test --workspace --exclude madang-e2e "$@"
    MADANG_BIN="$PWD/target/release/madang" cargo test --manifest-path bench/Cargo.toml "$@"
    @scripts/e2e.sh "$@"

# Run the browser tests only; screenshots go to ./screenshots
e2e *args: (_setup "dev" "e2e") build
    @scripts/e2e.sh "$@"

# Check format, lints, documentation, and licences and sources of dependencies
check: (_setup "check")
    @scripts/check.sh

# Build the one file, target/release/madang, with the app inside
build: (_setup "rust" "node")
    @node scripts/build.mjs

# Build the browser app into frontend/dist, compressed
app: (_setup "rust" "node")
    @node scripts/build.mjs app

# Put the real client and the real hub through a network that fails, once for each seed
sim seeds="10000":
    MADANG_SIM_SEEDS="$1" cargo test --release --package madang-hub --test it simulation -- --nocapture

# Let libFuzzer look for what breaks the WebSocket, the wire or the session: `just fuzz 600 reader`; all targets, when none is named
fuzz seconds="600" *targets: (_setup "fuzz")
    @scripts/fuzz.sh "$@"

# Kill the server under load and restart it this many times; count lost, doubled and reordered messages
soak-kill rounds="100": build
    cargo run --release --package madang-loadgen -- soak-kill --rounds "$1" --binary target/release/madang

# Measure the server memory of this many idle connections
idle connections="2000": build
    cargo run --release --package madang-loadgen -- idle --connections "$1" --binary target/release/madang

# Measure the server relative to a baseline server and write docs/performance.md; `--quick` only tests the measurement, `--peers` measures other servers too
load *args: build
    @scripts/load.sh "$@"

# Let this many clients each add 1 this many times to the shared number; it must be the exact sum
count clients="50" adds="200": build
    cargo run --release --package madang-loadgen -- count --clients "$1" --adds "$2" --binary target/release/madang

# Measure how soon the app can be used, in a browser that never saw it
first-interactive: (_setup "dev" "e2e") build
    @scripts/e2e.sh measure::first_interactive -- --ignored --nocapture

# Measure how the app feels beside a React page with the same list; writes docs/performance-web.md
load-web rounds="3": (_setup "dev" "peers") build
    MADANG_ROUNDS="$1" scripts/e2e.sh load_web -- --ignored --nocapture

# Measure how soon a change of the orders by another program is on a subscriber's socket
orders-outside: build
    @scripts/e2e.sh measure_orders -- --ignored --nocapture

_setup +parts:
    @scripts/setup.sh {{ parts }}
