#!/usr/bin/env bash
# Renders frontend/icons/*.png from icon.svg with Chromium. Run it after a change of icon.svg.
set -euo pipefail
source "$(dirname "$0")/tools.sh"
cd "$root/frontend/icons"
chromium=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome)}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# draw NAME PIXELS [SED EXPRESSION]
draw() {
    sed "${3:-}" icon.svg >"$scratch/icon.svg"
    printf '<style>*{margin:0}img{display:block;width:100vw}</style><img src=icon.svg>' >"$scratch/icon.html"
    "$chromium" --headless --no-sandbox --disable-gpu --hide-scrollbars --user-data-dir="$scratch/profile" \
        --default-background-color=00000000 --window-size="$2,$2" --screenshot="$PWD/$1.png" \
        "file://$scratch/icon.html" 2>/dev/null
}

draw 192 192
draw 512 512
# Systems crop these icons, so the background reaches the edge and the drawing is smaller.
draw maskable-512 512 's/ rx="20"//; s/translate(16 16) scale(1.3333)/translate(21 21) scale(1.125)/'
draw 180 180 's/ rx="20"//'
