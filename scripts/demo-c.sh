#!/usr/bin/env bash
# The last step of `make demo`: the same precompile behind its C interface, in a host of 300 lines of C.
#
#   scripts/demo-c.sh FOLDER   (the one that cargo built the library in)
set -euo pipefail
from=$(realpath "$1")
cd "$(dirname "$0")/../node-patch/capi"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
printf '\nThe same precompile in a host that is not Rust: node-patch/capi/examples/demo.c\n\n'
cc -std=c99 -Iinclude examples/demo.c "$from/libpars_aimining.a" -lstdc++ -lm -ldl -lpthread -o "$folder/demo"
"$folder/demo" examples/chain.json 6133 | sed 's/^/  /'
