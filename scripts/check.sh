#!/usr/bin/env bash
# The static checks: format, lints, documentation, dependencies. Warnings are errors.
set -euo pipefail
source "$(dirname "$0")/tools.sh"
cd "$root"

app=(--package madang-app --target wasm32-unknown-unknown --target-dir target/app)
hosts=(--workspace --exclude madang-app)
# Separate workspaces; their manifests say why.
fuzz=(--manifest-path crates/websocket/fuzz/Cargo.toml)
bench=(--manifest-path bench/Cargo.toml)
step() {
    printf '\ncheck: %s\n' "$1"
    shift
    "$@"
}

step 'format' cargo fmt --all --check
step 'format of the fuzz targets' cargo fmt "${fuzz[@]}" --check
step 'format of the load laboratory' cargo fmt "${bench[@]}" --check
step 'lock file' cargo fetch --quiet --locked
step 'lock file of the fuzz targets' cargo fetch --quiet --locked "${fuzz[@]}"
step 'lock file of the load laboratory' cargo fetch --quiet --locked "${bench[@]}"
step 'lints' cargo clippy "${hosts[@]}" --all-targets -- -D warnings
step 'lints of the load laboratory' cargo clippy "${bench[@]}" --all-targets -- -D warnings
step 'lints of the app' cargo clippy "${app[@]}" --all-targets -- -D warnings
# The packages are large and only needed for new icons and emoji, so they are compared where they are installed.
[ ! -d "$lucide_home" ] || MADANG_LUCIDE=$lucide_home step 'drawings of the icons' node scripts/lucide.mjs --check
[ ! -d "$emojibase_home" ] || MADANG_EMOJIBASE=$emojibase_home step 'names of the emoji' node scripts/emoji.mjs --check
export RUSTDOCFLAGS='-D warnings'
step 'documentation' cargo doc --quiet --no-deps "${hosts[@]}"
step 'documentation of the load laboratory' cargo doc --quiet --no-deps "${bench[@]}"
step 'documentation of the app' cargo doc --quiet --no-deps "${app[@]}"
step 'licences, bans and sources of dependencies' \
    "$cargo_deny_bin/cargo-deny" --offline check --hide-inclusion-graph licenses bans sources
