#!/usr/bin/env bash
# Runs each fuzz target of the repository for FUZZTIME, one after another. An input that fails is kept below testdata/fuzz
# of its package, where go test runs it from then on.
set -euo pipefail
go=${GO:-go}
status=0
for package in $("$go" list ./...); do
  while read -r target; do
    echo "== $target of $package"
    "$go" test -run '^$' -fuzz "^$target\$" -fuzztime "${FUZZTIME:-60s}" "$package" || status=1
  done < <("$go" test -list '^Fuzz' "$package" | grep '^Fuzz' || true)
done
exit $status
