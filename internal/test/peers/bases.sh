#!/usr/bin/env bash
# Makes what the Dockerfiles that are measured start from, for each CPU, into bin/bases: go-CPU.tar.gz is a shell and
# Go of this machine's version, as its project releases it; python-CPU.tar.gz is Python, pip and a C compiler from the
# packages of this machine's Debian or Ubuntu. Does nothing where they are there. Needs what setup.sh of buildkit leaves.
set -euo pipefail
root="$(cd "$(dirname "$0")/../../.." && pwd)"
bases="$root/bin/bases"
work="$(mktemp -d)"
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
mkdir -p "$bases"
# shellcheck source=internal/test/buildkit/debian.sh
. "$root/internal/test/buildkit/debian.sh"

# go CPU FOLDER
go_base() {
  local version
  version="v0.0.1-$(go env GOVERSION).linux-$1"
  go mod download "golang.org/toolchain@$version"
  mkdir -p "$2/bin" "$2/tmp" "$2/usr/local"
  cp -r "$(go env GOMODCACHE)/golang.org/toolchain@$version" "$2/usr/local/go"
  chmod -R u+w "$2/usr/local/go"
  chmod -R +x "$2/usr/local/go/bin" "$2/usr/local/go/pkg/tool" # modules have no modes
  cp "$root/bin/busybox-$1" "$2/bin/busybox"
  ln -s busybox "$2/bin/sh"
}

# python CPU FOLDER
python_base() {
  debian "$1" "$work/apt-$1" update
  debian "$1" "$work/apt-$1" install --yes --download-only --no-install-recommends \
    base-files dash coreutils gcc libc6-dev python3-dev python3-pip
  # First the folders that others' paths lead through, which are links where /bin is /usr/bin.
  for package in "$work/apt-$1"/archives/base-files_*.deb "$work/apt-$1"/archives/*.deb; do
    dpkg -x "$package" "$2"
  done
}

for base in go python; do
  for cpu in amd64 arm64; do
    archive="$bases/$base-$cpu.tar.gz"
    [ ! -e "$archive" ] || continue
    echo "making $archive"
    folder="$work/$base-$cpu"
    mkdir "$folder"
    "${base}_base" "$cpu" "$folder"
    tar --create --directory "$folder" --owner 0 --group 0 . | gzip -1 >"$archive.part"
    mv "$archive.part" "$archive"
    chmod -R u+w "$folder" && rm -rf "$folder"
  done
done
