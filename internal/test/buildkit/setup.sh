#!/usr/bin/env bash
# Installs what real builds in the tests need, and what is not Go: runc, QEMU, a Docker engine, a busybox for
# each CPU and a bash.
# Does nothing where all of it is there. Needs Debian or Ubuntu, and root or sudo.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
bin="$(cd "$here/../../.." && pwd)/bin"
mkdir -p "$bin"

fail() { echo "setup.sh: $*" >&2; exit 1; }
root() { if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null; then sudo "$@"; else fail "needs root or sudo for: $*"; fi; }

packages=()
PATH="$PATH:/usr/sbin:/sbin"
command -v shellcheck >/dev/null || packages+=(shellcheck) # for the workflows' scripts
command -v runc >/dev/null || packages+=(runc)
command -v qemu-aarch64-static >/dev/null || packages+=(qemu-user-static)
command -v dockerd >/dev/null && command -v docker >/dev/null || packages+=(docker.io)
command -v iptables >/dev/null || packages+=(iptables)
command -v ip >/dev/null || packages+=(iproute2)
if [ ${#packages[@]} -gt 0 ]; then
  command -v apt-get >/dev/null || fail "install these by hand, since there is no apt-get here: ${packages[*]}"
  root apt-get -qq update
  root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "${packages[@]}" >/dev/null
fi

if [ ! -e "$bin/busybox-amd64" ] || [ ! -e "$bin/busybox-arm64" ] || [ ! -e "$bin/bash" ]; then
  # shellcheck source=internal/test/buildkit/debian.sh
  . "$here/debian.sh"
  work="$(mktemp -d)"
  trap 'rm -rf "$work"' EXIT
  for cpu in amd64 arm64; do
    mkdir "$work/$cpu"
    debian $cpu "$work/$cpu" update
    (cd "$work/$cpu" && debian $cpu "$work/$cpu" download busybox-static bash-static && for package in *.deb; do dpkg -x "$package" .; done)
    find "$work/$cpu" -type f -name busybox -exec install -m 755 {} "$bin/busybox-$cpu" \;
  done
  find "$work/$(dpkg --print-architecture)" -type f -name bash-static -exec install -m 755 {} "$bin/bash" \;
fi

# The kernel hands arm64 programs to QEMU. Flag F opens QEMU now, so that it works inside containers too.
# https://docs.kernel.org/admin-guide/binfmt-misc.html
binfmt=/proc/sys/fs/binfmt_misc
if [ "$(uname -m)" = x86_64 ]; then
  [ -e $binfmt/register ] || root mount -t binfmt_misc none $binfmt || fail "this kernel has no binfmt_misc, which emulation needs"
  if [ ! -e $binfmt/qemu-aarch64 ]; then
    magic='\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00'
    mask='\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff'
    echo ":qemu-aarch64:M::$magic:$mask:$(command -v qemu-aarch64-static):FP" | root tee $binfmt/register >/dev/null
  fi
fi
