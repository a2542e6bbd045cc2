#!/usr/bin/env bash
# Installs what draws job summaries in the tests: Chromium, and Mermaid with GitHub's style sheet, of the versions in
# package-lock.json, into bin/browser. Does nothing where all of it is there. Needs Debian or Ubuntu, and root or sudo.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
browser="$(cd "$here/../../../../.." && pwd)/bin/browser"
mkdir -p "$browser"

fail() { echo "setup.sh: $*" >&2; exit 1; }
root() { if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null; then sudo "$@"; else fail "needs root or sudo for: $*"; fi; }

packages=()
command -v chromium >/dev/null || command -v google-chrome >/dev/null || packages+=(chromium)
command -v npm >/dev/null || packages+=(nodejs npm)
fonts="$(fc-list 2>/dev/null || true)"
[[ $fonts == *LiberationSans* ]] || packages+=(fontconfig fonts-liberation)
[[ $fonts == *NotoColorEmoji* ]] || packages+=(fonts-noto-color-emoji)
if [ ${#packages[@]} -gt 0 ]; then
  command -v apt-get >/dev/null || fail "install these by hand, since there is no apt-get here: ${packages[*]}"
  root apt-get -qq update
  root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "${packages[@]}" >/dev/null
fi

if ! cmp -s "$here/package-lock.json" "$browser/package-lock.json" || [ ! -d "$browser/node_modules/mermaid" ]; then
  cp "$here/package.json" "$here/package-lock.json" "$browser"
  npm ci --prefix "$browser" --ignore-scripts --no-audit --no-fund --silent
fi
