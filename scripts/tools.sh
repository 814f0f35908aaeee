# Sourced by the other scripts: the path of the repository, and the tools for building Madang. Each tool has one exact
# version and its own folder, which all clones of a user share.
# shellcheck shell=bash disable=SC2034

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
tools=${MADANG_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/madang/tools}

# Trunk.toml repeats the versions of trunk and wasm-bindgen; scripts/wasm/app-split repeats that of wasm-bindgen.
trunk_version=0.21.14
wasm_bindgen_version=0.2.130
binaryen_version=132.0.0
esbuild_version=0.28.2
cargo_deny_version=0.20.2
cargo_fuzz_version=0.13.2
axe_version=4.14.1
lucide_version=1.62.0
emojibase_version=17.0.0
# Published Socket.IO clients, one of each generation, and the libraries of the example pages.
socketio_4_version=4.8.4
socketio_2_version=2.5.0
socketio_1_version=1.7.3
# The client of a tutorial, with the parser of its lock file and with that of a fresh install.
socketio_tutorial_version=4.5.1
socketio_old_parser_version=4.0.4
socketio_new_parser_version=4.2.7
react_version=18.3.1
jquery_version=1.12.4
python_socketio_version=5.18.1
# Servers that `just load --peers` compares with Madang. NATS comes from Debian, in Debian's version.
peer_ws_version=8.23.0
peer_socketio_version=4.8.4
peer_flask_socketio_version=5.7.0

trunk=$tools/trunk-$trunk_version/bin/trunk
# Our own tool; the folder's name contains a checksum of its sources.
app_split_home=$tools/app-split-$(cat "$root"/scripts/wasm/app-split/{Cargo.*,src/*} | cksum | cut -d' ' -f1)
binaryen_bin=$tools/binaryen-$binaryen_version/node_modules/.bin
esbuild_bin=$tools/esbuild-$esbuild_version/node_modules/.bin
cargo_deny_bin=$tools/cargo-deny-$cargo_deny_version/bin
cargo_fuzz_bin=$tools/cargo-fuzz-$cargo_fuzz_version/bin
# The page that the app is compared with; the folder's name contains a checksum of its sources and versions.
react_peer=$tools/peer-react-$(cat "$root"/crates/e2e/peers/react/{package-lock.json,*.mjs,src/*} | cksum | cut -d' ' -f1)
emojibase_home=$tools/emojibase-data-$emojibase_version/node_modules/emojibase-data
lucide_home=$tools/lucide-static-$lucide_version/node_modules/lucide-static
axe_script=$tools/axe-core-$axe_version/node_modules/axe-core/axe.min.js

# The node_modules of an npm tool.
modules() { printf '%s' "$tools/$1-$2/node_modules"; }

# The node_modules of the tutorial's client with a parser.
modules_with_parser() { printf '%s' "$tools/socket.io-client-$socketio_tutorial_version-parser-$1/node_modules"; }

# Exports the folders of the clients for the tests and the examples.
for_clients() {
    MADANG_SOCKETIO_4=$(modules socket.io-client "$socketio_4_version")
    MADANG_SOCKETIO_2=$(modules socket.io-client "$socketio_2_version")
    MADANG_SOCKETIO_1=$(modules socket.io-client "$socketio_1_version")
    MADANG_SOCKETIO_OLD_PARSER=$(modules_with_parser "$socketio_old_parser_version")
    MADANG_SOCKETIO_NEW_PARSER=$(modules_with_parser "$socketio_new_parser_version")
    MADANG_REACT=$(modules react-dom "$react_version")
    MADANG_JQUERY=$(modules jquery "$jquery_version")
    MADANG_PYTHON_SOCKETIO=$tools/python-socketio-$python_socketio_version
    export MADANG_SOCKETIO_4 MADANG_SOCKETIO_2 MADANG_SOCKETIO_1 MADANG_SOCKETIO_OLD_PARSER \
        MADANG_SOCKETIO_NEW_PARSER MADANG_REACT MADANG_JQUERY MADANG_PYTHON_SOCKETIO
}

# Exports the folders of the other servers for the load laboratory, which skips missing servers.
for_load_peers() {
    local home
    home=$(modules ws "$peer_ws_version")
    [ ! -d "$home" ] || export MADANG_PEER_WS=$home
    home=$(modules socket.io "$peer_socketio_version")
    [ ! -d "$home" ] || export MADANG_PEER_SOCKETIO=$home
    home=$tools/flask-socketio-$peer_flask_socketio_version
    [ ! -d "$home" ] || export MADANG_PEER_FLASK_SOCKETIO=$home
    # Debian installs servers in folders that are only on root's PATH.
    PATH=$PATH:/usr/sbin:$tools/nats-server-debian/usr/sbin
    export PATH
}

# Exports the tools, the target folder and the compiler flags of the published app.
for_app() {
    PATH=$app_split_home/bin:$binaryen_bin:$esbuild_bin:$PATH
    # A separate target folder, so that app and server can be compiled at the same time.
    export PATH CARGO_TARGET_DIR=$root/target/app
    # `erase_components`: Leptos uses one type for all views instead of one type per view, which makes the download 5 %
    # smaller (in brotli). `--remap-path-prefix`: panics name source files without this machine's folders.
    # `--emit-relocs`: app-split needs the relocations, which say which function refers to which.
    export RUSTFLAGS="--cfg erase_components --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}/registry/src=registry --remap-path-prefix=$root=. -Clink-arg=--emit-relocs"
}
