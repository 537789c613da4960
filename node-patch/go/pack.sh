#!/usr/bin/env bash
# Makes of the precompile's C library one in which no symbol can be seen but its own, pars_*:
#
#   pack.sh LIBRARY PACKED
#
# A node may link other libraries written in Rust or C++ (subnet-evm links one: firewood). With two Rust standard libraries in one
# program the linker refuses (multiple definition of rust_eh_personality), and two versions of one C library it would mix without
# a word.
set -euo pipefail
library=$1 packed=$2

if [[ $(uname) != Linux ]]; then # ld64 has other options; there the package is linked alone
  cp "$library" "$packed"
  exit
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
ld -r --whole-archive "$library" -o "$folder/all.o"
# Bitcode of the Rust standard library: joined it is malformed, and ar would stumble over it.
objcopy -w --keep-global-symbol='pars_*' --remove-section .llvmbc --remove-section .llvmcmd "$folder/all.o" "$folder/pars_aimining.o"
ar rcsD "$folder/packed.a" "$folder/pars_aimining.o"
cp "$folder/packed.a" "$packed"
