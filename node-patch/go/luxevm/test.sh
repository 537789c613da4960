#!/usr/bin/env bash
# Builds, vets and tests this module with the real github.com/luxfi/evm. Where the module proxy does not serve it, that is said
# and is no success: a line NOT RUN, exit 0. Where it does, a failure is a failure.
#
# go.sum cannot be made where the modules cannot be had, so it is made in a folder of its own, and this one stays as it is.
set -euo pipefail
cd "$(dirname "$0")"
go=${GO:-$PWD/../../../scripts/go.sh}

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp go.mod "$folder/go.mod"
mod=-modfile=$folder/go.mod

"$go" gofmt .
# Modules that cannot be had are one thing, a go.mod that does not hold together is another: each is asked for by itself.
for module in $(sed -n 's/^\t\(github.com\/luxfi\/[a-z]*\) \(v[0-9.]*\)$/\1@\2/p' go.mod); do
  if ! answer=$("$go" mod download "$module" 2>&1); then
    reason=$(printf '%s' "$answer" | tr '\n' ' ' | cut -c1-200)
    printf 'NOT RUN test-luxevm: %s cannot be had: %s\n' "$module" "$reason"
    printf '        mend: where the module proxy or a GOPROXY of yours serves github.com/luxfi, run this again: node-patch/go/luxevm/test.sh\n'
    printf 'test-luxevm: %s cannot be had here\n' "$module" >>"${NOT_RUN:-/dev/null}"
    exit 0
  fi
done
"$go" mod tidy "$mod"
"$go" build "$mod" -o "$folder/" ./...
"$go" vet "$mod" ./...
"$go" test "$mod" -count=1 "$@" ./...
