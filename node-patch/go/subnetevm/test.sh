#!/usr/bin/env bash
# Vets and tests this module. Where the module proxy does not serve github.com/ava-labs/subnet-evm, that is said and is no
# success: a line NOT RUN, exit 0. Where it does, a failure is a failure.
#
#   test.sh [arguments of go test]
set -euo pipefail
cd "$(dirname "$0")"
go=${GO:-$PWD/../../../scripts/go.sh}

if ! answer=$("$go" mod download 2>&1); then
  reason=$(printf '%s' "$answer" | tr '\n' ' ' | cut -c1-200)
  printf 'NOT RUN test-subnetevm: its modules cannot be had: %s\n' "$reason"
  printf '        mend: where the module proxy serves them, run this again: node-patch/go/subnetevm/test.sh\n'
  printf 'test-subnetevm: its modules cannot be had here: %s\n' "$reason" >>"${NOT_RUN:-/dev/null}"
  exit 0
fi
"$go" gofmt .
"$go" vet ./...
"$go" test -count=1 "$@" ./...
