#!/usr/bin/env bash
# Builds the browser app into frontend/dist, compressed. Does nothing if neither the sources nor the published
# files have changed. scripts/build.mjs runs both steps; the first step needs only cargo.
#
#   scripts/app.sh compile
#   scripts/app.sh publish
set -euo pipefail
source "$(dirname "$0")/tools.sh"
cd "$root"

stamp=target/app/published
linked=target/app/wasm32-unknown-unknown/wasm-release/madang-app.wasm

sha256=(sha256sum)
command -v sha256sum >/dev/null || sha256=(shasum -a 256)
digest() { LC_ALL=C sort -z | xargs -0 "${sha256[@]}" | "${sha256[@]}"; }
sources() {
    find Cargo.lock Cargo.toml rust-toolchain.toml crates/client frontend shared \
        scripts/{app.sh,publish.mjs,tools.sh,wasm} -type f ! -path 'frontend/dist/*' -print0 | digest
}
published() { find frontend/dist -type f -print0 | digest; }

before=$(sources)
mkdir -p frontend/dist
if [ "$(cat "$stamp" 2>/dev/null)" = "$before$(published)" ]; then
    exit
fi

for_app
case $1 in
compile)
    cargo build --locked --package madang-app --profile wasm-release --features lazy-part --target wasm32-unknown-unknown
    ;;
publish)
    node scripts/wasm/split.mjs "$linked" target/app/modules
    node scripts/publish.mjs target/app/modules frontend/dist
    # The digest from before the build: a change during the build causes another build.
    printf '%s' "$before$(published)" >"$stamp"
    ;;
esac
