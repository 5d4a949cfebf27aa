#!/usr/bin/env bash
# Compares what a call costs with nginx, which passes the same bytes to the same service and changes nothing.
#
#   benches/load/compare.sh [CONNECTIONS] [SECONDS] [ROUNDS]      64 connections, 2 seconds, 5 rounds
#
# Needs wrk, nginx and taskset (Debian: wrk nginx-light util-linux), two processors, and `cargo build --release`. Everything
# stays on 127.0.0.1, ports 9301 to 9303. The program has one processor; load and service share another. Rounds take turns,
# so that a machine that gets faster or slower does so for both.
set -euo pipefail
cd "$(dirname "$0")/../.."
connections=${1:-64} seconds=${2:-2} rounds=${3:-5}
program=${PROGRAM:-target/release/action-executor}
here=$PWD/benches/load
scratch=$(mktemp -d)
started=()
finish() {
  for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -r "$scratch"
}
trap finish EXIT
for tool in wrk nginx taskset; do
  command -v "$tool" >/dev/null || { echo "$tool is not installed" >&2; exit 1; }
done
[ -x "$program" ] || { echo "$program is not there: cargo build --release" >&2; exit 1; }

# nginx_on NAME PROCESSOR BLOCK: an nginx of one process.
nginx_on() {
  mkdir -p "$scratch/$1"
  cat >"$scratch/$1/nginx.conf" <<CONF
daemon off; master_process off; pid $scratch/$1/pid; error_log $scratch/$1/error.log;
events { worker_connections 8192; }
http {
  access_log off; keepalive_requests 100000000; client_body_buffer_size 64k;
  client_body_temp_path $scratch/$1/body; proxy_temp_path $scratch/$1/proxy;
  fastcgi_temp_path $scratch/$1/f; uwsgi_temp_path $scratch/$1/u; scgi_temp_path $scratch/$1/s;
  $3
}
CONF
  taskset -c "$2" nginx -e "$scratch/$1/error.log" -p "$scratch/$1" -c "$scratch/$1/nginx.conf" &
  started+=($!)
}

description=$(printf 'The line was cut after a minute. %.0s' {1..24})
answer="{\"ticket\":{\"id\":35436,\"status\":\"open\",\"tags\":[\"talkdesk\"],\"description\":\"$description\"}}"
nginx_on service 1 "server { listen 127.0.0.1:9301; location / { default_type application/json; return 201 '$answer'; } }"
nginx_on through 0 "upstream service { server 127.0.0.1:9301; keepalive 512; }
  server { listen 127.0.0.1:9302; location / { proxy_pass http://service; proxy_http_version 1.1; proxy_set_header Connection ''; } }"
through=${started[-1]}
taskset -c 0 "$program" serve --listen 127.0.0.1:9303 --admin off --actions "$here/actions.d" \
  --allow-private 127.0.0.0/8 --allow-http 2>"$scratch/log" &
ours=$!
started+=("$ours")
for port in 9301 9302 9303; do
  for _ in $(seq 100); do
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break
    sleep 0.1
  done
done

ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }
# one PID PORT: microseconds of processor time a call, calls a second, p99 in microseconds.
one() {
  local before after result
  before=$(ticks "$1")
  result=$(taskset -c 1 wrk -t1 -c"$connections" -d"${seconds}s" -s "$here/post.lua" "http://127.0.0.1:$2" | grep RESULT)
  after=$(ticks "$1")
  set -- $result "$((after - before))"
  [ "$5" = 0 ] || { echo "$5 calls failed; see $scratch/log" >&2; tail -3 "$scratch/log" >&2; exit 1; }
  awk -v n="$2" -v us="$3" -v p99="$4" -v ticks="$6" -v hz="$(getconf CLK_TCK)" \
    'BEGIN { printf "%.1f %.0f %d\n", ticks / hz * 1e6 / n, n / us * 1e6, p99 }'
}

one "$through" 9302 >/dev/null
one "$ours" 9303 >/dev/null
printf '%-6s %28s   %28s   %s\n' round 'nginx: us/call calls/s p99' 'ours: us/call calls/s p99' ratio
for round in $(seq "$rounds"); do
  a=$(one "$through" 9302)
  b=$(one "$ours" 9303)
  printf '%-6s %28s   %28s   %s\n' "$round" "$a" "$b" "$(awk -v a="${a%% *}" -v b="${b%% *}" 'BEGIN { printf "%.2f", b / a }')"
done
