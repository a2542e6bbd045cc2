#!/bin/sh
# Runs a Docker engine in a network of its own, joined to this machine by one link, so that its bridges and firewall rules
# never meet the machine's and are gone with it. "unshare --net --mount" starts this as root:
#   engine.sh PROCESS-OF-THE-MACHINE LINK MACHINE-ADDRESS ENGINE-ADDRESS FOLDER-BEFORE-PATH PROGRAM [ARGUMENT...]
set -eu
machine=$1 link=$2 outside=$3 inside=$4 PATH=$5:$PATH
shift 5

on_machine() { nsenter --target "$machine" --net "$@"; }

ip link set lo up
ip link add eth0 type veth peer name "$link" netns "$machine"
on_machine ip address add "$outside/30" dev "$link"
on_machine ip link set "$link" up
ip address add "$inside/30" dev eth0
ip link set eth0 up
ip route add default via "$outside"

# containerd and its shims meet here, whatever their folders are: the machine's own are out of the way.
mkdir -p /run/containerd
mount -t tmpfs none /run/containerd
exec "$@"
