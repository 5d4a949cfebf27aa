#!/usr/bin/env bash
# Property tests from outside: schemathesis against the demo and its exported OpenAPI document. Every check is on but
# one, `positive_data_acceptance`: by Talkdesk's contract a failure of the service is a 400 as well.
# Needs `schemathesis` (https://schemathesis.io), for example from `pip install schemathesis`.
set -euo pipefail
program=${ACTION_EXECUTOR:-target/release/action-executor}
port=${PORT:-18080}
place=$(mktemp -d)
cp -r actions.d/demo "$place/demo"
"$program" demo --listen "127.0.0.1:$port" --admin off >"$place/log" 2>&1 &
demo=$!
trap 'kill $demo 2>/dev/null; rm -rf "$place"' EXIT
"$program" export openapi --actions "$place" --base-url "http://127.0.0.1:$port" >"$place/openapi.json"
for _ in $(seq 100); do
  curl --silent --output /dev/null "http://127.0.0.1:$port/" && break
  sleep 0.1
done
cd "$place"
schemathesis run openapi.json --url "http://127.0.0.1:$port" --max-examples "${EXAMPLES:-200}" \
  --exclude-checks positive_data_acceptance "$@"
