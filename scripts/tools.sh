# Sourced by the other scripts: the repository, and the tools that Madang is built with, each in one
# exact version and a folder of its own, shared by every clone of one user.
# shellcheck shell=bash disable=SC2034

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
tools=${MADANG_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/madang/tools}

# trunk and wasm-bindgen stand in Trunk.toml as well.
trunk_version=0.21.14
wasm_bindgen_version=0.2.130
wasm_split_version=0.2.4
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
wasm_bindgen_bin=$tools/wasm-bindgen-cli-$wasm_bindgen_version/bin
wasm_split_bin=$tools/wasm_split_cli_support-$wasm_split_version/bin
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

# Puts trunk, and the tools that trunk looks for, first; and takes out of its way what would stop it.
for_trunk() {
    PATH=${trunk%/*}:$wasm_split_bin:$wasm_bindgen_bin:$binaryen_bin:$esbuild_bin:$PATH
    export PATH TRUNK_SKIP_VERSION_CHECK=true
    # The app has a target folder of its own, so that its builds and the server's never undo each other.
    export CARGO_TARGET_DIR=$root/target/app
    # Leptos then gives every component one type instead of one for each shape of its view: 5 % less to
    # download, measured in brotli.
    # And panics name their places in the sources of crates from the crate on: nobody's folders.
    export RUSTFLAGS="--cfg erase_components --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}/registry/src=registry --remap-path-prefix=$root=."
    # trunk 0.21 takes NO_COLOR=1 for a wrong value of its own flag, and stops.
    unset NO_COLOR
}
