#!/usr/bin/env bash
# Counts the lines of src, comments and blank lines among them, without test files and `#[cfg(test)]` modules.
set -euo pipefail
cd "$(dirname "$0")/.."
find src -name '*.rs' -not -path '*tests*' -print0 | xargs -0 awk '
  FNR == 1 { skipped = 0; held = 0 }
  # Also an attribute before a line that declares a file, or before one item.
  /^ *#\[cfg\(test\)\]$/ { held = 1; match($0, /^ */); depth = RLENGTH; next }
  held { held = 0; if ($0 ~ /\{$/) skipped = 1; next }
  skipped { match($0, /^ */); if (RLENGTH == depth && $0 ~ /^ *}$/) skipped = 0; next }
  { lines++ }
  END { print lines }'
