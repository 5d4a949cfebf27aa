#!/usr/bin/env bash
# Fuzzes every target in turn for SECONDS each (600 if not said); ends with the first finding.
# Needs a nightly toolchain and cargo-fuzz. What was found stands in fuzz/artifacts; new inputs stay in the corpus.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-600}
shift || true
targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
  for file in fuzz/fuzz_targets/*.rs; do targets+=("$(basename "$file" .rs)"); done
fi
for target in "${targets[@]}"; do
  dictionary=()
  case $target in
    definition_files | template_values | openapi_import) dictionary=(-dict=fuzz/dictionaries/definitions.dict) ;;
    json_path) dictionary=(-dict=fuzz/dictionaries/json_path.dict) ;;
  esac
  mkdir -p "fuzz/corpus/$target"
  echo "== $target"
  cargo +nightly fuzz run --release "$target" "fuzz/corpus/$target" -- \
    -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=4096 -print_final_stats=1 "${dictionary[@]}"
done
