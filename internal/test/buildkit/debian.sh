# shellcheck shell=bash
# Sourced. debian CPU FOLDER ARGUMENT... is apt-get for the packages of a CPU, with its lists and downloads in FOLDER, and
# nothing installed: the machine's set of architectures stays as it is.
debian() {
  local cpu=$1 folder=$2
  shift 2
  mkdir -p "$folder/lists/partial" "$folder/archives/partial"
  local options=(-o "APT::Architecture=$cpu" -o "APT::Architectures=$cpu" -o APT::Sandbox::User=root -o Debug::NoLocking=1
    -o "Dir::State::lists=$folder/lists" -o Dir::State::status=/dev/null -o "Dir::Cache::archives=$folder/archives"
    -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=)
  # Ubuntu keeps the packages of other CPUs than amd64 on a host of their own, which the machine's list does not name.
  # shellcheck source=/dev/null
  if (. /etc/os-release && [ "$ID" = ubuntu ]); then
    local mirror=http://ports.ubuntu.com/ubuntu-ports
    [ "$cpu" != amd64 ] || mirror=http://archive.ubuntu.com/ubuntu
    echo "deb [signed-by=/usr/share/keyrings/ubuntu-archive-keyring.gpg] $mirror $(. /etc/os-release && echo "$VERSION_CODENAME") main universe" \
      >"$folder/sources.list"
    options+=(-o "Dir::Etc::SourceList=$folder/sources.list" -o Dir::Etc::SourceParts=-)
  fi
  apt-get -qq "${options[@]}" "$@"
}
