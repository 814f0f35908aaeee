#!/usr/bin/env bash
# Runs libFuzzer on each target for a number of seconds. A target fails if an input violates its assertions.
#
#   scripts/fuzz.sh SECONDS [TARGET…]      all targets, when none is named
#
# Failing inputs are written to target/fuzz/findings. The corpus in target/fuzz/corpus is reused by the next run.
set -euo pipefail
source "$(dirname "$0")/tools.sh"
cd "$root/crates/websocket/fuzz"

seconds=$1
shift
[ $# -gt 0 ] || set -- reader handshake client_frame server_frame markup session
PATH=$cargo_fuzz_bin:$PATH
export CARGO_TARGET_DIR=$root/target/fuzz
work=$CARGO_TARGET_DIR

# The wire samples are the seeds of the targets that decode frames; the words in them are the dictionary.
samples() { sed -n 's/^    //p' "$root/shared/wire/$1-frames.txt"; }
words() { samples "$1" | grep -oE '"[a-z_]+"' | sort -u | sed 's/"/\\"/g; s/.*/"&"/'; }

for target in "$@"; do
    corpus=$work/corpus/$target
    mkdir -p "$corpus" "$work/findings/$target"
    options=(-max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=1024 -print_final_stats=1)
    if [ -d "seeds/$target" ]; then cp "seeds/$target"/* "$corpus"; fi
    case $target in
    client_frame | server_frame)
        samples "${target%_frame}" | split -l 1 -a 4 - "$corpus/sample-"
        words "${target%_frame}" >"$work/$target.dict"
        options+=(-dict="$work/$target.dict")
        ;;
    session)
        samples client | split -l 1 -a 4 - "$corpus/sample-"
        words client >"$work/$target.dict"
        options+=(-dict="$work/$target.dict")
        ;;
    esac
    features=()
    [ "$target" != session ] || features=(--features session)
    printf '\nfuzz: %s for %s seconds\n' "$target" "$seconds"
    # Without a sanitizer, the pinned stable toolchain suffices. The project has no unsafe code to check.
    nice -n 19 cargo fuzz run --sanitizer none --fuzz-dir . "${features[@]}" "$target" "$corpus" -- \
        "${options[@]}" -artifact_prefix="$work/findings/$target/"
done
