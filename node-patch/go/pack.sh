#!/usr/bin/env bash
# Puts the precompile's C library and its header into lib/, where package aimining links it, with no symbol to be seen but its own:
#
#   pack.sh LIBRARY HEADER
#
# A node may link other libraries written in Rust or C++ (subnet-evm links one: firewood). With two Rust standard libraries in one
# program the linker refuses (rust_eh_personality), and two versions of one C library it would mix without a word.
set -euo pipefail
library=$(realpath "$1") header=$(realpath "$2")
cd "$(dirname "$0")"
mkdir -p lib
cp "$header" lib/pars_aimining.h

if [[ $(uname) != Linux ]]; then # ld64 has other options; there the package is linked alone
  cp "$library" lib/libpars_aimining.a
  exit
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
ld -r --whole-archive "$library" -o "$folder/all.o"
# Bitcode of the Rust standard library: joined it is malformed, and ar would stumble over it.
objcopy -w --keep-global-symbol='pars_*' --remove-section .llvmbc --remove-section .llvmcmd "$folder/all.o" "$folder/pars_aimining.o"
ar rcs "$folder/libpars_aimining.a" "$folder/pars_aimining.o"
mv "$folder/libpars_aimining.a" lib/
