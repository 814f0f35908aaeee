#!/usr/bin/env bash
# Installs the tools that the recipes need, and prints each with its purpose. Installed tools are skipped.
#
#   scripts/setup.sh [rust] [node] [app] [dev] [check] [clients] [e2e] [fuzz] [icons] [emoji] [peers] [load-peers]      default: app, dev, check, e2e
set -euo pipefail
source "$(dirname "$0")/tools.sh"
cd "$root"

partial=''
has_compiled=''
trap 'rm -rf "$partial"' EXIT

say() { printf 'setup: %s\n' "$*"; }
has() { type -P "$1" >/dev/null; }
fail() {
    printf 'setup: %s\n' "$@" >&2
    exit 1
}

# A tool is installed if its folder exists, so a folder is filled first and then renamed.
begin() {
    mkdir -p "$tools"
    partial=$(mktemp -d "$tools/.partial-XXXXXX")
}
finish() {
    # Another clone may have finished first; its folder has the same content.
    [ -d "$1" ] || mv "$partial" "$1"
    rm -rf "$partial"
    partial=''
}

# compile COMMAND…: runs cargo with the fastest settings, because compiling a tool takes longer than all its runs. All
# tools share one target folder, so that common dependencies are compiled once and an interrupted build continues.
compile() {
    has_compiled=yes
    CARGO_TARGET_DIR=$tools/.build CARGO_PROFILE_RELEASE_DEBUG=false CARGO_PROFILE_RELEASE_OPT_LEVEL=0 \
        CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=256 CARGO_PROFILE_RELEASE_STRIP=true \
        PATH=$partial/bin:$PATH "$@"
}

# cargo_tool NAME VERSION WHY [FLAGS OF cargo install…]
cargo_tool() {
    local name=$1 version=$2 why=$3 home=$tools/$1-$2
    shift 3
    [ -d "$home" ] && return
    begin
    # A binary from the tool's authors takes seconds, but is not available for every tool and machine.
    if has cargo-binstall && say "$name $version: $why" &&
        cargo binstall --no-confirm --disable-telemetry --disable-strategies quick-install,compile \
            --root "$partial" "$name@=$version"; then
        finish "$home"
        return
    fi
    say "$name $version: $why; compiled once, takes a few minutes"
    compile cargo install "$name" --version "=$version" --root "$partial" "$@"
    finish "$home"
}

# Our own tool, which splits the app in two.
app_split() {
    [ -d "$app_split_home" ] && return
    say "app-split: splits the app into two modules and generates their JavaScript; compiled once"
    begin
    compile cargo install --locked --path scripts/wasm/app-split --root "$partial"
    finish "$app_split_home"
}

# npm_tool NAME VERSION WHY [OTHER PACKAGES…]
npm_tool() {
    local home=$tools/$1-$2
    [ -d "$home" ] && return
    has npm || fail "npm is missing: install Node.js 18.20 or newer"
    say "$1 $2: $3"
    begin
    npm install --prefix "$partial" --no-save --no-package-lock --ignore-scripts --no-audit \
        --no-fund --loglevel=error "$1@$2" "${@:4}"
    finish "$home"
}

# client_with_parser VERSION: the tutorial's Socket.IO client, with another parser than npm would choose.
client_with_parser() {
    local home=$tools/socket.io-client-$socketio_tutorial_version-parser-$1
    [ -d "$home" ] && return
    has npm || fail "npm is missing: install Node.js 18.20 or newer"
    say "socket.io-client $socketio_tutorial_version with socket.io-parser $1: a published client, for the tests"
    begin
    printf '{ "overrides": { "socket.io-parser": "%s" } }\n' "$1" >"$partial/package.json"
    npm install --prefix "$partial" --no-save --no-package-lock --ignore-scripts --no-audit \
        --no-fund --loglevel=error "socket.io-client@$socketio_tutorial_version"
    finish "$home"
}

# pip_tool NAME VERSION WHY [OTHER REQUIREMENTS…]
pip_tool() {
    local name=$1 version=$2 why=$3 home=$tools/$1-$2
    shift 3
    [ -d "$home" ] && return
    python3 -m pip --version >/dev/null 2>&1 ||
        fail "Python 3 with pip is missing (Debian: sudo apt-get install python3-pip)"
    say "$name $version: $why"
    begin
    python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore \
        --target "$partial" "$name==$version" "$@"
    finish "$home"
}

rust() {
    has cc || fail "a C compiler is missing: install gcc or clang (Debian: apt-get install build-essential)"
    local channel sysroot
    channel=$(sed -n 's/^channel = "\(.*\)"/\1/p' rust-toolchain.toml)
    if sysroot=$(rustc --print sysroot 2>/dev/null) &&
        [ -d "$sysroot/lib/rustlib/wasm32-unknown-unknown/lib" ] &&
        [ -x "$sysroot/bin/cargo-clippy" ] && [ -x "$sysroot/bin/rustfmt" ]; then
        return
    fi
    has rustup || fail "Rust $channel with clippy, rustfmt and the target wasm32-unknown-unknown is missing," \
        "and so is rustup, which would install it."
    say "Rust $channel, clippy, rustfmt and the target wasm32-unknown-unknown: compile server and app"
    # Explicit components: automatic installation from the toolchain file may be disabled in rustup.
    rustup toolchain install "$channel" --profile minimal --no-self-update \
        --component clippy,rustfmt --target wasm32-unknown-unknown
}

node() {
    has node || fail "Node.js is missing: install version 18.20 or newer (the build and wasm-opt need it)"
}

app() {
    rust
    node
    npm_tool binaryen "$binaryen_version" "wasm-opt, optimises the app"
    npm_tool esbuild "$esbuild_version" "minifies the app's script"
    app_split
}

# For `trunk serve`: trunk on the PATH, and wasm-bindgen in trunk's cache, so that trunk does not download it.
dev() {
    rust
    # No --locked: one crate of its published lock file is not available any more.
    cargo_tool wasm-bindgen-cli "$wasm_bindgen_version" "generates the JavaScript of a WebAssembly module"
    cargo_tool trunk "$trunk_version" "serves the app during development" --locked
    local cache=${XDG_CACHE_HOME:-$HOME/.cache}/trunk
    [ "$(uname)" != Darwin ] || cache=$HOME/Library/Caches/dev.trunkrs.trunk
    offer "$tools/wasm-bindgen-cli-$wasm_bindgen_version/bin/wasm-bindgen" "$cache/wasm-bindgen-$wasm_bindgen_version"
    offer "$trunk" "${CARGO_HOME:-$HOME/.cargo}/bin"
    # A trunk that was installed by hand is kept. Trunk.toml names the accepted versions.
    has trunk || say "$trunk is not on the PATH: add ${CARGO_HOME:-$HOME/.cargo}/bin to it"
}

# offer PROGRAM FOLDER: links to an installed tool from a folder, unless the folder has another program of that name.
offer() {
    local link=$2/${1##*/}
    if [ -L "$link" ] && [[ "$(readlink "$link")" == "$tools"/* ]]; then
        rm "$link"
    fi
    # A broken link, to a deleted tool, is replaced.
    [ -e "$link" ] || { mkdir -p "$2" && ln -sf "$1" "$link"; }
}

clients() {
    local why="a published client, for the tests and the examples"
    npm_tool socket.io-client "$socketio_4_version" "$why"
    npm_tool socket.io-client "$socketio_2_version" "$why"
    npm_tool socket.io-client "$socketio_1_version" "$why"
    client_with_parser "$socketio_old_parser_version"
    client_with_parser "$socketio_new_parser_version"
    npm_tool react-dom "$react_version" "an example's page" "react@$react_version"
    npm_tool jquery "$jquery_version" "an example's page"
    pip_tool python-socketio "$python_socketio_version" "$why" \
        python-engineio==4.15.1 requests==2.34.2 websocket-client==1.9.2
}

check() {
    rust
    cargo_tool cargo-deny "$cargo_deny_version" "checks licences and sources of dependencies" --locked
}

e2e() {
    npm_tool axe-core "$axe_version" "checks accessibility in the browser tests"
    clients
    local missing=()
    # An independent TLS client for the tests.
    has openssl || missing+=(openssl)
    has chromium || has chromium-browser || has google-chrome || missing+=(chromium)
    has chromedriver || missing+=(chromium-driver)
    # The tests of several nodes start one.
    has nats-server || [ -x /usr/sbin/nats-server ] || missing+=(nats-server)
    # The tests of the store start a server of their own.
    has postgres || compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null ||
        [ -n "${MADANG_POSTGRES_BIN:-}" ] || missing+=(postgresql)
    # Without a Korean font, screenshots show boxes and text has wrong widths.
    fc-list :lang=ko 2>/dev/null | grep -q . || missing+=(fonts-noto-cjk)
    # The same holds for emoji.
    fc-list 2>/dev/null | grep -qi emoji || missing+=(fonts-noto-color-emoji)
    [ ${#missing[@]} -eq 0 ] && return
    if [ "$(id -u)" -ne 0 ] || ! has apt-get; then
        fail "the tests need: ${missing[*]}" \
            "Debian: sudo apt-get install --no-install-recommends ${missing[*]}" \
            "elsewhere: Chromium, the chromedriver of the same version, a Korean font, an emoji font, OpenSSL, nats-server," \
            "PostgreSQL 15 or newer (MADANG_POSTGRES_BIN names the folder of its programs)"
    fi
    say "${missing[*]}: run the tests (apt-get)"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
}

# Only `just fuzz` needs it.
fuzz() {
    rust
    has c++ || fail "a C++ compiler is missing: install g++ or clang (Debian: apt-get install g++)"
    cargo_tool cargo-fuzz "$cargo_fuzz_version" "builds the fuzz targets and runs them" --locked
}

# Only `just lucide` needs it.
icons() {
    node
    npm_tool lucide-static "$lucide_version" "the drawings of the app's icons"
}

# Only `just emoji` needs it.
emoji() {
    node
    npm_tool emojibase-data "$emojibase_version" "the emoji and their names"
}

# Only `just load-web` needs these.
peers() {
    e2e
    [ -d "$react_peer" ] && return
    has npm || fail "npm is missing: install Node.js 18.20 or newer"
    say "React, Socket.IO and esbuild: the page that the app is compared with"
    begin
    cp -r crates/e2e/peers/react/. "$partial"
    npm ci --prefix "$partial" --ignore-scripts --no-audit --no-fund --loglevel=error
    (cd "$partial" && npm run --silent build)
    finish "$react_peer"
}

# Only `just load --peers` needs these. Peers without an installed runtime are skipped with a message.
load_peers() {
    local why="compared with Madang"
    if has node && has npm; then
        npm_tool ws "$peer_ws_version" "$why"
        npm_tool socket.io "$peer_socketio_version" "$why"
    else
        say "no Node.js with npm: ws and Socket.IO are not measured"
    fi
    if python3 -m pip --version >/dev/null 2>&1; then
        # gevent needs simple-websocket for WebSocket.
        pip_tool flask-socketio "$peer_flask_socketio_version" "$why" \
            python-socketio=="$python_socketio_version" python-engineio==4.15.1 flask==3.1.3 \
            werkzeug==3.1.9 gevent==26.9.0 greenlet==3.5.6 simple-websocket==1.1.0
    else
        say "no Python 3 with pip: Flask-SocketIO is not measured"
    fi
    nats_server
}

# Unpacked instead of installed: that needs no root, and Debian does not start it as a system service.
nats_server() {
    local home=$tools/nats-server-debian
    has nats-server || [ -x /usr/sbin/nats-server ] || [ -d "$home" ] && return
    if ! has apt-get || ! has dpkg; then
        say "nats-server is missing and is not available as a Debian package: NATS is not measured"
        return
    fi
    say "nats-server: compared with Madang"
    begin
    [ "$(id -u)" -ne 0 ] || apt-get update -qq
    if (cd "$partial" && apt-get download -qq nats-server) && dpkg -x "$partial"/*.deb "$partial"; then
        finish "$home"
    else
        rm -rf "$partial"
        say "nats-server cannot be downloaded: NATS is not measured (Debian: sudo apt-get install nats-server)"
    fi
}

[ $# -gt 0 ] || set -- app dev check e2e
for part in "$@"; do
    case $part in
    rust | node | app | dev | check | clients | e2e | fuzz | icons | emoji | peers) "$part" ;;
    load-peers) load_peers ;;
    *) fail "unknown part: $part (choose from rust, node, app, dev, check, clients, e2e, fuzz, icons, emoji, peers, load-peers)" ;;
    esac
done
# The target folder of the tools is not needed any more.
[ -z "$has_compiled" ] || rm -rf "$tools/.build"
