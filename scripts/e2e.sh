#!/usr/bin/env bash
# Runs the browser tests against the release binary.
#
#   scripts/e2e.sh [ARGUMENTS OF cargo test…]
set -euo pipefail
source "$(dirname "$0")/tools.sh"
cd "$root"

CHROMEDRIVER=${CHROMEDRIVER:-$(command -v chromedriver)}
CHROMIUM=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome)}
MADANG_BIN=$root/target/release/madang
MADANG_AXE=$axe_script
MADANG_SCREENSHOTS=$root/screenshots
MADANG_REACT_PEER=$react_peer
MADANG_TRUNK=$trunk
export CHROMEDRIVER CHROMIUM MADANG_BIN MADANG_AXE MADANG_SCREENSHOTS MADANG_REACT_PEER MADANG_TRUNK
for_clients

# Compiles the app for `trunk serve` in advance, so that no test waits for the compiler.
cargo build --quiet --locked --package madang-app --target wasm32-unknown-unknown
mkdir -p "$MADANG_SCREENSHOTS"
cargo test --package madang-e2e "$@"
