#!/usr/bin/env bash
# Builds the browser app into frontend/dist, compressed. Does nothing when neither what the app is
# made of nor what was published of it has changed: trunk itself takes seconds to find that out.
set -euo pipefail
source "$(dirname "$0")/tools.sh"
cd "$root"

bundle=target/app/bundle
stamp=target/app/published

sha256=(sha256sum)
command -v sha256sum >/dev/null || sha256=(shasum -a 256)
digest() { LC_ALL=C sort -z | xargs -0 "${sha256[@]}" | "${sha256[@]}"; }
sources() {
    find Cargo.lock Cargo.toml Trunk.toml rust-toolchain.toml crates/client frontend shared \
        scripts/{app.sh,prune.mjs,publish.mjs,shorten.mjs,split.mjs,tools.sh,wasm.mjs} \
        -type f ! -path 'frontend/dist/*' -print0 | digest
}
published() { find frontend/dist -type f -print0 | digest; }

before=$(sources)
mkdir -p frontend/dist
if [ "$(cat "$stamp" 2>/dev/null)" = "$before$(published)" ]; then
    exit
fi

printf 'app: building frontend/dist\n'
for_trunk
# trunk is told to stay off the network, so what it compiles must be there.
cargo fetch --quiet --locked --target wasm32-unknown-unknown
# Its minifier does not understand what wasm-bindgen writes, warns, and leaves it as it is.
# The relocations say what reaches what: the app is cut in two along them.
export RUSTFLAGS="$RUSTFLAGS -Clink-arg=--emit-relocs"
trunk --log error,trunk=info,trunk::processing::minify=error build --release --features apart --dist "$bundle"
node scripts/split.mjs "$CARGO_TARGET_DIR/wasm32-unknown-unknown/wasm-release/madang-app.wasm" "$bundle"
node scripts/publish.mjs "$bundle" frontend/dist
# The sources as they were before: what changed meanwhile has to be built again.
printf '%s' "$before$(published)" >"$stamp"
