#!/usr/bin/env bash
# How loading, reloading, starting and memory grow with the number of definitions.
#
#   benches/load/scale.sh [ACTIONS]      10000 actions in services of 100
#
# Needs curl and `cargo build --release`. Everything stays on 127.0.0.1, ports 9303 and 9304.
set -euo pipefail
cd "$(dirname "$0")/../.."
actions=${1:-10000}
program=$(realpath "${PROGRAM:-target/release/action-executor}")
scratch=$(mktemp -d)
pid=
finish() {
  [ -z "$pid" ] || { kill "$pid"; wait "$pid" 2>/dev/null || true; }
  rm -r "$scratch"
}
trap finish EXIT

shipped=$PWD/actions.d
mkdir "$scratch/actions.d"
for service in $(seq -w 0 $((actions / 100 - 1))); do
  mkdir "$scratch/actions.d/s$service"
  cp benches/load/actions.d/desk/service.yaml "$scratch/actions.d/s$service/"
  for action in $(seq -w 0 99); do
    cp benches/load/actions.d/desk/create_ticket.yaml "$scratch/actions.d/s$service/a$action.yaml"
  done
done

now() { date +%s%N; }
# since NANOSECONDS: milliseconds with one decimal.
since() { awk -v a="$1" -v b="$(now)" 'BEGIN { printf "%.1f ms", (b - a) / 1e6 }'; }
resident() { awk '/VmRSS/ { printf "%.1f MiB", $2 / 1024 }' "/proc/$pid/status"; }

# start NAME DIRECTORY: until the first answer to a call, whatever it is.
start() {
  local began
  began=$(now)
  "$program" serve --listen 127.0.0.1:9303 --admin 127.0.0.1:9304 --actions "$2" \
    --allow-private 127.0.0.0/8 --allow-http 2>"$scratch/log" &
  pid=$!
  until curl -s -o /dev/null -d '{}' -H 'Content-Type: application/json' "http://127.0.0.1:9303/$3"; do :; done
  printf '%-42s %s\n' "$1: start to first answer" "$(since "$began")"
  sleep 1
  printf '%-42s %s\n' "$1: memory at rest" "$(resident)"
}
end() {
  kill "$pid"
  wait "$pid" 2>/dev/null || true
  pid=
}

start "shipped definitions" "$shipped" demo/create_ticket
end
began=$(now)
"$program" check --actions "$scratch/actions.d" >/dev/null
printf '%-42s %s\n' "$actions actions: check" "$(since "$began")"
start "$actions actions" "$scratch/actions.d" s0/a00
for round in 1 2 3; do
  echo "# changed $round" >>"$scratch/actions.d/s$(printf "%0${#service}d" 0)/a00.yaml"
  report=$(curl -s -X POST http://127.0.0.1:9304/reload)
  printf '%-42s %s ms\n' "$actions actions: reload after one change" "$(grep -o '"milliseconds":[0-9]*' <<<"$report" | cut -d: -f2)"
done
printf '%-42s %s\n' "$actions actions: memory after reloads" "$(resident)"
end
