#!/usr/bin/env bash
# Prints what is new in a release, a line a commit, since the release before it.
#
#   .github/release/changelog.sh v1.2.3
set -euo pipefail
version=${1:?which version? write it as v1.2.3}

# Releases are commits beside the branch, so no release descends from another; the one before is told by its number.
# All of the list is read: a pipe that closes early would fail git.
before=$(git tag --list 'v[0-9]*.[0-9]*.[0-9]*' --sort=v:refname | awk -v this="$version" '$0 == this { print last } { last = $0 }')
range=$version^
if [ -n "$before" ]; then
  range=$before..$version^
  echo "Since $before:"
fi
git log --no-merges --format='- %s (%h)' "$range"
