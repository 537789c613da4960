#!/usr/bin/env bash
# npm-ci.sh FOLDER: installs the packages of its lock file, unless exactly these are installed.
set -euo pipefail
cd "$(dirname "$0")/../$1"

stamp=node_modules/.installed-lock
if cmp -s package-lock.json "$stamp"; then
  exit 0
fi
echo "$1: installing npm packages (npm ci)"
if ! npm ci --no-progress --loglevel=error; then
  echo "FAIL $1: npm ci failed; it needs the npm registry once" >&2
  exit 1
fi
cp package-lock.json "$stamp"
