#!/usr/bin/env bash
# Runs the named make targets one after the other, whether or not one before failed, and says how each ended and how
# long it took. Only a failed `setup` stops the rest: without its tools nothing else can say anything true.
#
# A part that cannot be done here (no registry, say) appends a line with the reason to the file $NOT_RUN: it is printed, loudly.
set -uo pipefail
cd "$(dirname "$0")/.."

BUDGET_MINUTES=45 # cold, on two cores; RocksDB, the Foundry suite and subnet-evm are most of it
lines=()
failed=0
NOT_RUN=$(mktemp)
export NOT_RUN
trap 'rm -f "$NOT_RUN"' EXIT

for part in "$@"; do
  printf '\n== %s\n' "$part"
  start=$SECONDS
  if make --no-print-directory "$part"; then
    verdict='ok    '
  else
    verdict='FAILED'
    failed=$((failed + 1))
  fi
  lines+=("$(printf '%s %-16s %4d s' "$verdict" "$part" $((SECONDS - start)))")
  if [[ $part == setup && $verdict == FAILED ]]; then
    lines+=('the other parts did not run')
    break
  fi
done

printf '\n== Result\n'
printf '  %s\n' "${lines[@]}"
if [[ -s $NOT_RUN ]]; then
  printf '\n  ******************************************************************\n'
  sed 's/^/  NOT RUN: /' "$NOT_RUN"
  printf '  ******************************************************************\n\n'
fi
printf '  total %d min %02d s; the budget is %d min, cold, on two cores\n' $((SECONDS / 60)) $((SECONDS % 60)) "$BUDGET_MINUTES"
if ((SECONDS > BUDGET_MINUTES * 60)); then
  printf '\n  ******************************************************************\n'
  printf '  WARNING: over the budget of %d minutes. Move cases to `make long`.\n' "$BUDGET_MINUTES"
  printf '  ******************************************************************\n'
fi
if ((failed > 0)); then
  printf '  %d part(s) failed\n' "$failed"
  exit 1
fi
printf '  all parts passed\n'
