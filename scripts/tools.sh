# Sourced by the other scripts: the repository, and the tools that Madang is built with, each in one
# exact version and a folder of its own, shared by every clone of one user.
# shellcheck shell=bash disable=SC2034

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
tools=${MADANG_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/madang/tools}

# trunk and wasm-bindgen stand in Trunk.toml as well, wasm-bindgen also in scripts/wasm/app-split.
trunk_version=0.21.14
wasm_bindgen_version=0.2.130
binaryen_version=132.0.0
esbuild_version=0.28.2
cargo_deny_version=0.20.2
cargo_fuzz_version=0.13.2
axe_version=4.14.1
# Clients of Socket.IO as people have them, one of each generation, and what the example pages load.
socketio_4_version=4.8.4
socketio_2_version=2.5.0
socketio_1_version=1.7.3
react_version=18.3.1
jquery_version=1.12.4
python_socketio_version=5.18.1
# Servers that `just load --peers` measures beside Madang. NATS is the one that Debian has.
peer_ws_version=8.23.0
peer_socketio_version=4.8.4
peer_flask_socketio_version=5.7.0

trunk=$tools/trunk-$trunk_version/bin/trunk
# A tool of our own; named after what it is made of.
app_split_home=$tools/app-split-$(cat "$root"/scripts/wasm/app-split/{Cargo.*,src/*} | cksum | cut -d' ' -f1)
binaryen_bin=$tools/binaryen-$binaryen_version/node_modules/.bin
esbuild_bin=$tools/esbuild-$esbuild_version/node_modules/.bin
cargo_deny_bin=$tools/cargo-deny-$cargo_deny_version/bin
cargo_fuzz_bin=$tools/cargo-fuzz-$cargo_fuzz_version/bin
# The peers that the app is measured beside; named after what they are made of, their versions among it.
react_peer=$tools/peer-react-$(cat "$root"/crates/e2e/peers/react/{package-lock.json,*.mjs,src/*} | cksum | cut -d' ' -f1)
axe_script=$tools/axe-core-$axe_version/node_modules/axe-core/axe.min.js

# The node_modules of an npm tool.
modules() { printf '%s' "$tools/$1-$2/node_modules"; }

# The folders in which the tests and the examples find their clients.
for_clients() {
    MADANG_SOCKETIO_4=$(modules socket.io-client "$socketio_4_version")
    MADANG_SOCKETIO_2=$(modules socket.io-client "$socketio_2_version")
    MADANG_SOCKETIO_1=$(modules socket.io-client "$socketio_1_version")
    MADANG_REACT=$(modules react-dom "$react_version")
    MADANG_JQUERY=$(modules jquery "$jquery_version")
    MADANG_PYTHON_SOCKETIO=$tools/python-socketio-$python_socketio_version
    export MADANG_SOCKETIO_4 MADANG_SOCKETIO_2 MADANG_SOCKETIO_1 MADANG_REACT MADANG_JQUERY \
        MADANG_PYTHON_SOCKETIO
}

# The folders in which the load laboratory finds the other servers; it skips those that are not installed.
for_load_peers() {
    local home
    home=$(modules ws "$peer_ws_version")
    [ ! -d "$home" ] || export MADANG_PEER_WS=$home
    home=$(modules socket.io "$peer_socketio_version")
    [ ! -d "$home" ] || export MADANG_PEER_SOCKETIO=$home
    home=$tools/flask-socketio-$peer_flask_socketio_version
    [ ! -d "$home" ] || export MADANG_PEER_FLASK_SOCKETIO=$home
    # Debian puts servers where only root looks.
    PATH=$PATH:/usr/sbin:$tools/nats-server-debian/usr/sbin
    export PATH
}

# The tools, the target folder and the flags with which the published app is compiled and cut.
for_app() {
    PATH=$app_split_home/bin:$binaryen_bin:$esbuild_bin:$PATH
    # The app has a target folder of its own, so that it can be compiled at the same time as the server.
    export PATH CARGO_TARGET_DIR=$root/target/app
    # Leptos then gives every component one type instead of one for each shape of its view: 5 % less to
    # download, measured in brotli.
    # Panics name their places in the sources of crates without the folders of this machine.
    # The relocations say which function reaches which: the app is cut in two along them.
    export RUSTFLAGS="--cfg erase_components --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}/registry/src=registry --remap-path-prefix=$root=. -Clink-arg=--emit-relocs"
}
