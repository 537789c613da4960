#!/usr/bin/env bash
# Puts the C library and its header where the Go module looks for them, each in one step: somebody may be linking. Go does not look
# into that folder when it decides what to compile again; it sees the stamp.
#
#   scripts/go-library.sh FOLDER   (the one that cargo built it in)
set -euo pipefail
from=$(realpath "$1")
cd "$(dirname "$0")/.."
to=node-patch/go/lib
mkdir -p "$to"
for file in "$from/libpars_aimining.a" node-patch/capi/include/pars_aimining.h; do
  name=$(basename "$file")
  cmp -s "$file" "$to/$name" && continue
  cp "$file" "$to/.$name.new"
  mv "$to/.$name.new" "$to/$name"
done
stamp=$(cat "$to/libpars_aimining.a" "$to/pars_aimining.h" | sha256sum | cut -c1-16)
line="const libraryStamp = \"$stamp\" // of lib/, into which Go does not look"
grep -qsF "$line" node-patch/go/library_stamp.go || printf 'package aimining\n\n%s\n' "$line" >node-patch/go/library_stamp.go
