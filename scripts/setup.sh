#!/usr/bin/env bash
# Checks what the build and the tests need. Installs with apt what apt offers, if it may (root, Debian or Ubuntu), and
# says so; for the rest it says how to mend it. Safe to run again.
set -uo pipefail
cd "$(dirname "$0")/.."

RUST_WANTED=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml | head -1)
NODE_WANTED=20
problems=0

ok() { printf 'ok %s\n' "$*"; }
problem() {
  printf 'MISSING %s\n        mend: %s\n' "$1" "$2"
  problems=$((problems + 1))
}
# at_least HAVE WANT: version order, "1.100" after "1.95".
at_least() { [[ $(printf '%s\n%s\n' "$2" "$1" | sort -V | head -1) == "$2" ]]; }

apt_updated=no
apt_install() {
  [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null || return 1
  if [[ $apt_updated == no ]]; then
    echo "installing with apt-get, because a tool is missing: apt-get update"
    apt-get update -qq || return 1
    apt_updated=yes
  fi
  echo "apt-get install $*"
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

check_rust() {
  local have
  if ! have=$(rustc --version 2>/dev/null | cut -d' ' -f2); then
    problem "Rust $RUST_WANTED or later" "install rustup (rustup.rs), then: rustup toolchain install stable"
    return
  fi
  if ! at_least "${have%%-*}" "$RUST_WANTED"; then
    problem "Rust $RUST_WANTED or later (this is $have)" "rustup update stable"
    return
  fi
  ok "Rust $have"
  local component
  for component in fmt clippy; do
    if cargo "$component" --version >/dev/null 2>&1; then ok "cargo $component"
    elif command -v rustup >/dev/null && rustup component add "${component/fmt/rustfmt}"; then ok "cargo $component (added)"
    else problem "cargo $component" "rustup component add ${component/fmt/rustfmt}"; fi
  done
}

check_c() {
  # Only tests need C: libsecp256k1 and the second cryptographic library they compare with.
  if command -v cc >/dev/null || { apt_install build-essential && command -v cc >/dev/null; }; then
    ok "C compiler: $(cc --version | head -1)"
  else
    problem 'a C compiler' 'Debian, Ubuntu: apt-get install build-essential; macOS: xcode-select --install'
  fi
}

check_clang() {
  # RocksDB, below the ledger: its C++ is compiled once, and its bindings are made with libclang.
  # As its bindings look for it: in the folders of the system and of llvm-config. libclang-cpp is another library.
  has_libclang() {
    [[ -n ${LIBCLANG_PATH:-} ]] && return
    local folder name
    for folder in $(llvm-config --libdir 2>/dev/null) /usr/lib* /usr/lib/* /usr/lib/llvm*/lib /Library/Developer/CommandLineTools/usr/lib; do
      for name in 'libclang.so*' 'libclang-[0-9]*.so*' 'libclang.dylib'; do
        compgen -G "$folder/$name" >/dev/null && return
      done
    done
    return 1
  }
  if has_libclang || { apt_install libclang-dev && has_libclang; }; then ok 'libclang'
  else problem 'libclang' 'Debian, Ubuntu: apt-get install libclang-dev; macOS: xcode-select --install; else set LIBCLANG_PATH'; fi
  if command -v c++ >/dev/null || { apt_install g++ && command -v c++ >/dev/null; }; then
    ok "C++ compiler: $(c++ --version | head -1)"
  else
    problem 'a C++ compiler' 'Debian, Ubuntu: apt-get install g++; macOS: xcode-select --install'
  fi
}

check_node() {
  command -v node >/dev/null && command -v npm >/dev/null || apt_install nodejs npm
  local have
  if ! have=$(node --version 2>/dev/null) || ! command -v npm >/dev/null; then
    problem "Node.js $NODE_WANTED or later with npm" 'nodejs.org, or your package manager'
  elif ! at_least "${have#v}" "$NODE_WANTED"; then
    problem "Node.js $NODE_WANTED or later (this is $have)" 'nodejs.org, or your package manager'
  else
    ok "Node.js $have, npm $(npm --version 2>/dev/null)"
  fi
}

check_go() {
  # For the Go door in node-patch.
  local have
  if { scripts/go.sh >/dev/null 2>&1 || scripts/go.sh --install; } && have=$(scripts/go.sh 2>/dev/null); then ok "$have"
  else problem 'Go 1.24.9 or later' 'go.dev, or your package manager; or python3 with pip, and scripts/go.sh --install'; fi
}

check_rust
check_c
check_clang
check_node
check_go
if ((problems > 0)); then
  printf '%d problem(s): see above\n' "$problems"
  exit 1
fi
