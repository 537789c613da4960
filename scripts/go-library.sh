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
stamp=$(cat "$from/libpars_aimining.a" node-patch/capi/include/pars_aimining.h node-patch/go/pack.sh | sha256sum | cut -c1-16)
line="const libraryStamp = \"$stamp\" // of lib/, into which Go does not look"
if [[ -f $to/libpars_aimining.a ]] && grep -qsF "$line" node-patch/go/library_stamp.go; then exit; fi

# Others may run this, too.
new=$(mktemp -d "$to/.new.XXXXXX")
trap 'rm -rf "$new"' EXIT
node-patch/go/pack.sh "$from/libpars_aimining.a" "$new/libpars_aimining.a"
cp node-patch/capi/include/pars_aimining.h "$new/"
mv "$new"/* "$to/"
printf 'package aimining\n\n%s\n' "$line" >node-patch/go/library_stamp.go
