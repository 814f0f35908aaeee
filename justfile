set shell := ["bash", "-euo", "pipefail", "-c"]
set positional-arguments

# Overrides the user's own setting, so that the binary is where the documentation says.
export CARGO_TARGET_DIR := justfile_directory() / "target"

# List the recipes
[private]
default:
    @just --list --unsorted

# Install the tools of all recipes (each recipe also installs its own)
setup:
    @scripts/setup.sh

# Build everything and serve it on http://127.0.0.1:5001, with its data in ./data
[no-exit-message]
run *args: build
    @target/release/madang serve "$@"

# Develop: `trunk serve` on http://127.0.0.1:3000 and the server on port 5001, both rebuilt after every change
[no-exit-message]
dev *args: (_setup "dev")
    @scripts/dev.sh "$@"

# Run all tests, including the browser tests
test *args: (_setup "dev" "e2e") build
    MADANG_BIN="$PWD/target/release/madang" cargo test --workspace --exclude madang-e2e "$@"
    MADANG_BIN="$PWD/target/release/madang" cargo test --manifest-path bench/Cargo.toml "$@"
    @scripts/e2e.sh "$@"

# Run the browser tests only; screenshots go to ./screenshots
e2e *args: (_setup "dev" "e2e") build
    @scripts/e2e.sh "$@"

# Check format, lints, documentation, and the licences and sources of dependencies
check: (_setup "check")
    @scripts/check.sh

# Build target/release/madang, one file with the app inside
build: (_setup "rust" "node")
    @node scripts/build.mjs

# Build the browser app into frontend/dist, compressed
app: (_setup "rust" "node")
    @node scripts/build.mjs app

# Make the pictures of the components again, which the browser tests compare (crates/e2e/pictures)
pictures: (_setup "dev" "e2e") build
    MADANG_WRITE_PICTURES=1 scripts/e2e.sh the_components_look_as_in_their_pictures

# Run the simulation: the real client and the real hub over an unreliable network, once for each seed
sim seeds="10000":
    MADANG_SIM_SEEDS="$1" cargo test --release --package madang-hub --test it simulation -- --nocapture

# Fuzz the WebSocket package, the codecs and the session with libFuzzer, all targets or those named: `just fuzz 600 reader`
fuzz seconds="600" *targets: (_setup "fuzz")
    @scripts/fuzz.sh "$@"

# Kill and restart the server under load; count lost, duplicated and reordered messages
soak-kill rounds="100": build
    cargo run --release --package madang-loadgen -- soak-kill --rounds "$1" --binary target/release/madang

# Move the database to PostgreSQL and back under clients that write; count lost, doubled and reordered messages, and resets
move-drill messages="200000": build
    cargo run --release --package madang-loadgen -- move-drill --messages "$1" --binary target/release/madang

# Disturb a cluster of three nodes, PostgreSQL and NATS under load; count lost, duplicated and reordered messages. `--rolling` restarts all nodes without a failure
soak-cluster rounds="30" *args: build
    cargo run --release --package madang-loadgen -- soak-cluster --rounds "$1" --binary target/release/madang "${@:2}"

# Measure the server's memory per idle connection
idle connections="2000": build
    cargo run --release --package madang-loadgen -- idle --connections "$1" --binary target/release/madang

# Attack the server in many ways while one honest user works; prints a table, and fails if that user is refused or slow; `--only TEXT` selects attacks
siege *args: build
    cargo run --release --package madang-loadgen -- siege --binary target/release/madang "$@"

# Measure sign-ins with wrong passwords, for names that exist and names that do not, and messages while many people sign in
sign-in-latency *args: build
    cargo run --release --package madang-loadgen -- sign-in-latency --binary target/release/madang "$@"

# Let honest people work at once in numbers that the default budgets allow: an office, a class, ten tabs, and 5,000 clients after a restart
honest-limits *args: build
    cargo run --release --package madang-loadgen -- honest-limits --binary target/release/madang "$@"

# Measure the server relative to a baseline server and write docs/performance.md; `--quick` only tests the measurement, `--peers` adds other servers
load *args: build
    @scripts/load.sh "$@"

# Measure acknowledged messages a second of 256 senders on PostgreSQL, beside a bare loop of the same statements
load-postgres seconds="5":
    cargo bench --package madang-store --bench writes -- postgres "$1"

# Measure two nodes over PostgreSQL and NATS: the delay from a post on one to the sockets of the other, and the cost of a delivery there
nodes-latency *args: build
    cargo run --release --quiet --manifest-path bench/Cargo.toml -- nodes latency --binary target/release/madang "$@"

# Compare the simulator of larger installations with three real nodes; fails if a prediction is more than 20 % wrong. `--write` keeps the measured constants (bench/scale.json)
scale-check *args: build
    cargo run --release --quiet --manifest-path bench/Cargo.toml -- nodes scale --binary target/release/madang "$@"

# Write the tables of docs/scale.md from bench/scale.json
scale:
    MADANG_BLESS=1 cargo test --manifest-path bench/Cargo.toml --test it scale

# Let clients add 1 to the shared counter, each this many times; the sum must be exact
count clients="50" adds="200": build
    cargo run --release --package madang-loadgen -- count --clients "$1" --adds "$2" --binary target/release/madang

# Fill the table of icons (frontend/src/ui/icon.rs) with Lucide's drawings, after a row was added or changed
lucide: (_setup "icons")
    @source scripts/tools.sh && MADANG_LUCIDE=$lucide_home node scripts/lucide.mjs

# Write the emoji that the app offers (frontend/emoji.txt) from the package that names them, after its version was changed
emoji: (_setup "emoji")
    @source scripts/tools.sh && MADANG_EMOJIBASE=$emojibase_home node scripts/emoji.mjs

# Measure the app's time to first use, in a browser with an empty cache
first-interactive: (_setup "dev" "e2e") build
    @scripts/e2e.sh first_interactive -- --ignored --nocapture

# Take pictures of every page, or of those named (`just looks feed lab-echo`), in every size, language and theme, into `screenshots`; a stopped run continues
looks *pages: (_setup "dev" "e2e") build
    MADANG_LOOKS="$*" scripts/e2e.sh looks -- --ignored

# Measure the app's speed beside a React page with the same list; writes docs/performance-web.md
load-web rounds="3": (_setup "dev" "peers") build
    MADANG_ROUNDS="$1" scripts/e2e.sh load_web -- --ignored --nocapture

# Measure the time from an external change of the orders to its event at a subscriber
orders-latency: build
    @scripts/e2e.sh external_orders_latency -- --ignored --nocapture

_setup +parts:
    @scripts/setup.sh {{ parts }}
