#!/usr/bin/env bash
# Makes a release of what is checked out: a commit beside the branch, in which action.yml names the image that was built
# from it by its digest; and the tag of that commit. Nobody who may push to a registry can give the release another image. The
# branch keeps `image: Dockerfile`, so that it is always tested as it is.
#
#   .github/release/tag.sh v1.2.3 sha256:...
#
# With the version alone it only checks whether there may be such a release. IMAGE is another repository of the image, for a
# fork. Nothing is pushed.
set -euo pipefail

fail() { echo "tag.sh: $*" >&2; exit 1; }

version=${1:-} digest=${2:-}
image=${IMAGE:-ghcr.io/multiarch-deploy/multiarch-deploy}
number='(0|[1-9][0-9]*)'
[[ $version =~ ^v$number\.$number\.$number$ ]] || fail "\"$version\" is not a version; write it as v1.2.3"
[ -z "$(git status --porcelain --untracked-files=no)" ] || fail "there are changes that are in no commit; commit them, or put them away"
! git rev-parse --quiet --verify "refs/tags/$version" >/dev/null || fail "$version is tagged already; take the next version"
[ $# -gt 1 ] || exit 0
[[ $digest =~ ^sha256:[0-9a-f]{64}$ ]] || fail "\"$digest\" is not a digest; push the image first, and give the digest of its index"
grep -Eq '^FROM .*golang:[0-9.]+@sha256:[0-9a-f]{64} AS build$' Dockerfile ||
  fail "the Dockerfile does not name its base by digest; write FROM ... golang:1.2@sha256:... AS build"

# The commit is made from an index of its own: neither the branch nor the files here change.
index=$(mktemp -d)
trap 'rm -rf "$index"' EXIT
export GIT_INDEX_FILE=$index/index
git read-tree HEAD
action=$(git show HEAD:action.yml | sed "s|^  image: Dockerfile\$|  image: docker://$image@$digest # $version|" | git hash-object -w --stdin)
git update-index --cacheinfo "100644,$action,action.yml"
commit=$(git commit-tree "$(git write-tree)" -p HEAD -m "Release $version" -m "The action runs the image that is built from this commit.")
[ "$(git diff --numstat HEAD "$commit")" = "$(printf '1\t1\taction.yml')" ] ||
  fail "there is no line \"  image: Dockerfile\" in action.yml to set"

git tag --annotate --message "multiarch-deploy $version" "$version" "$commit"
echo "$version is tagged here. Publish it:"
echo "  git push origin $version"
