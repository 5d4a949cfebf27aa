#!/usr/bin/env bash
# Runs the Redmine actions against a real Redmine and reads back what arrived.
#
#   tests/real/redmine.sh ADDRESS KEY [PROJECT]
#
# KEY is an administrator's; PROJECT is the identifier of a project that takes issues (default: calls).
# BINARY   the action-executor to run, instead of building one
# Leaves two issues and one user behind. Needs curl and python3.
set -euo pipefail
address=${1:?address of a Redmine, such as http://127.0.0.1:3000} key=${2:?API key} project=${3:-calls}
cd "$(dirname "$0")/../.."
if [ -z "${BINARY:-}" ]; then cargo build --quiet --release; BINARY=./target/release/action-executor; fi
run() { "$BINARY" run "$1" --input - --allow-private 127.0.0.0/8 2>/dev/null || true; }
failures=0
expect() { # NAME PYTHON-EXPRESSION over `got`
  if python3 -c 'import json, sys; got = json.load(sys.stdin); sys.exit(not eval(sys.argv[1]))' "$2" <<<"$got"; then
    echo "ok      $1"
  else
    echo "FAILED  $1: $got"; failures=$((failures + 1))
  fi
}
input() { # DATA-JSON [KEY]
  python3 -c 'import json, sys; print(json.dumps({"auth": {"url": sys.argv[1], "key": sys.argv[2]}, "data": json.loads(sys.argv[3])}))' \
    "$address" "${2:-$key}" "$1"
}
subject='He said \"hi\" — C:\\temp {{auth.key}} </script> 🙂 日本語'

got=$(input "{\"project\": \"$project\", \"subject\": \"$subject\", \"description\": \"two\\nlines & <b>more</b>\"}" | run /redmine/create_issue)
expect "an issue is created" 'got["external_id"].isdigit()'
id=$(python3 -c 'import json, sys; print(json.load(sys.stdin)["external_id"])' <<<"$got")
got=$(curl --silent --fail --header "X-Redmine-API-Key: $key" "$address/issues/$id.json")
expect "its subject arrived byte for byte" "got['issue']['subject'] == json.loads('\"' + r'''$subject''' + '\"')"
expect "its description arrived byte for byte" 'got["issue"]["description"].replace("\r\n", "\n") == "two\nlines & <b>more</b>"'

got=$(input "{\"project\": \"$project\"}" | run /redmine/create_issue)
expect "a missing subject is refused in Redmine's own words" '"Subject" in got["message"] and got["message"].startswith("Redmine refused")'

got=$(input "{\"project\": \"$project\", \"subject\": \"x\"}" wrong-key | run /redmine/create_issue)
expect "a wrong key says so" 'got["message"] == "Redmine does not accept the API key"'

email="caller-$(date +%s)@example.com"
call="{\"project\": \"$project\", \"email\": \"$email\", \"first_name\": \"Zoë\", \"subject\": \"Call missed\", \"note\": \"call \\\"back\\\" 🙂\"}"
got=$(input "$call" | run /redmine/log_call)
expect "an unknown caller is created, with issue and note" 'got["contact_external_type"] == "user" and got["external_id"].isdigit()'
first=$(python3 -c 'import json, sys; print(json.load(sys.stdin)["contact_external_id"])' <<<"$got")
id=$(python3 -c 'import json, sys; print(json.load(sys.stdin)["external_id"])' <<<"$got")
got=$(input "$call" | run /redmine/log_call)
expect "the same caller is found the second time" "got['contact_external_id'] == '$first'"
got=$(curl --silent --fail --header "X-Redmine-API-Key: $key" "$address/issues/$id.json?include=journals")
expect "the note arrived" 'any(j["notes"] == "call \"back\" 🙂" for j in got["issue"]["journals"])'

echo "$failures failed"
exit $((failures > 0))
