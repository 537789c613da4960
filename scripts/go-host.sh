#!/usr/bin/env bash
# Builds and tests node-patch/go/HOST, whose node comes from the Go module proxy. Where the proxy does not serve it, that is
# said, loudly, and is no success: a line for run-parts.sh and NOT RUN here.
#
#   scripts/go-host.sh HOST [arguments of go test]
set -euo pipefail
cd "$(dirname "$0")/.."
host=$1
shift
go=$PWD/scripts/go.sh
cd "node-patch/go/$host"

if ! answer=$("$go" mod download 2>&1); then
  reason=$(printf '%s' "$answer" | grep -v '^[[:space:]]*$' | head -1 | cut -c1-200)
  printf 'NOT RUN test-%s: its modules cannot be had: %s\n' "$host" "$reason"
  printf '        mend: where they can, `make test-%s`\n' "$host"
  printf 'test-%s: its modules cannot be had here: %s\n' "$host" "$reason" >>"${NOT_RUN:-/dev/null}"
  exit 0
fi
"$go" gofmt .
"$go" vet ./...
"$go" test -count=1 "$@" ./...
