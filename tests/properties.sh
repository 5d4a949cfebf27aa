#!/usr/bin/env bash
# Runs every property test on random cases: `tests/properties.sh [CASES [SEED]]`.
set -euo pipefail
cd "$(dirname "$0")/.."
cases=${1:-1000}
seed=${2:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
# The tests that `proptest!` holds, and those that make a runner of their own.
mapfile -t names < <(grep -rlE 'proptest!|TestRunner::new' src tests --include='*.rs' | sort | xargs awk '
  FNR == 1 { inside = 0 }
  /proptest! \{/ { inside = 1; match($0, /^ */); depth = RLENGTH }
  inside && /^ *}$/ { match($0, /^ */); if (RLENGTH == depth) inside = 0 }
  match($0, /fn [a-z0-9_]+\(/) {
    name = substr($0, RSTART + 3, RLENGTH - 4)
    if (inside) print name; else last = name
  }
  /TestRunner::new/ { print last }')
echo "seed $seed, $cases cases; again with: just properties $cases $seed"
export PROPTEST_RNG_SEED=$seed PROPTEST_CASES=$cases
cargo test --lib --test it -- "${names[@]}" || { echo "failed with seed $seed: just properties $cases $seed"; exit 1; }
