#!/usr/bin/env bash
# Installs what real builds in the tests need, and what is not Go: runc, QEMU, a Docker engine, a busybox for
# each CPU and a bash.
# Does nothing where all of it is there. Needs Debian or Ubuntu, and root or sudo.
set -euo pipefail
bin="$(cd "$(dirname "$0")/../../.." && pwd)/bin"
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

# A package list of its own, so that the machine's set of architectures stays as it is.
if [ ! -e "$bin/busybox-amd64" ] || [ ! -e "$bin/busybox-arm64" ] || [ ! -e "$bin/bash" ]; then
  # shellcheck source=/dev/null
  . /etc/os-release
  work="$(mktemp -d)"
  trap 'rm -rf "$work"' EXIT
  mkdir -p "$work/lists/partial"
  apt=(apt-get -qq -o "Dir::State::lists=$work/lists" -o APT::Architectures::=amd64 -o APT::Architectures::=arm64 -o APT::Sandbox::User=root -o Debug::NoLocking=1)
  # Ubuntu keeps the packages of other CPUs than amd64 on a host of their own, which the machine's list does not name.
  if [ "$ID" = ubuntu ]; then
    for source in "amd64 http://archive.ubuntu.com/ubuntu" "arm64 http://ports.ubuntu.com/ubuntu-ports"; do
      echo "deb [arch=${source% *} signed-by=/usr/share/keyrings/ubuntu-archive-keyring.gpg] ${source#* } $VERSION_CODENAME main universe"
    done >"$work/sources.list"
    apt+=(-o "Dir::Etc::SourceList=$work/sources.list" -o Dir::Etc::SourceParts=-)
  fi
  "${apt[@]}" update
  (cd "$work" && "${apt[@]}" download busybox-static:amd64 busybox-static:arm64 bash-static)
  for cpu in amd64 arm64; do
    dpkg -x "$work"/busybox-static_*_"$cpu".deb "$work/$cpu"
    find "$work/$cpu" -type f -name busybox -exec install -m 755 {} "$bin/busybox-$cpu" \;
  done
  dpkg -x "$work"/bash-static_*.deb "$work/bash"
  find "$work/bash" -type f -name bash-static -exec install -m 755 {} "$bin/bash" \;
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
