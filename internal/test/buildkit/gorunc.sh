#!/bin/sh
# Stands in for runc, and gives each container that has a folder for Go this machine's Go with its modules and what it has
# compiled before. So a Dockerfile that starts FROM golang builds in seconds, without a network, and is not touched.
for argument; do
	[ "${previous-}" = --bundle ] && bundle=$argument
	previous=$argument
done
config=${bundle-}/config.json
if [ -e "$config" ]; then
	root=$(sed -n 's/.*"root":{[^}]*"path":"\([^"]*\)".*/\1/p' "$config")
	case $root in /*) ;; *) root=$bundle/$root ;; esac
	if [ -d "$root/usr/local/go" ]; then
		mount() { printf '{"destination":"%s","type":"bind","source":"%s","options":["rbind","%s"]},' "$2" "$1" "$3"; }
		mounts=$(mount "$GO_ROOT" /usr/local/go ro; mount "$GO_MODULES" /go/pkg/mod ro; mount "$GO_CACHE" /go/cache rw)
		sed -i "s|\"mounts\":\[|\"mounts\":[$mounts|" "$config"
	fi
fi
exec "$RUNC" "$@"
