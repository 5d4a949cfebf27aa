#!/usr/bin/env bash
# Runs the django-helpdesk actions against a real django-helpdesk behind django-oauth-toolkit and reads back what arrived.
#
#   tests/real/django_helpdesk.sh ADDRESS CLIENT_ID CLIENT_SECRET PW_CLIENT_ID USERNAME PASSWORD
#
# CLIENT_ID is of the grant client_credentials, PW_CLIENT_ID of the grant password; both have CLIENT_SECRET and act for staff.
# HD_TOKEN_SECONDS     how long the service's tokens live (default 60); the script waits for one to expire
# HD_QUEUE             number of a queue that takes tickets (default 1)
# HD_MEDIA             directory of the service's uploads, if it does not hand them out under the address it tells
# HD_SECOND_USERNAME, HD_SECOND_PASSWORD   another member of the staff, to see each tenant's tickets owned by its own user
# BINARY               the action-executor to run, instead of building one
# The calls go through a small proxy that notes the tokens given out, since the program never shows one: so they can be
# counted, and revoked at /o/revoke_token/. Leaves tickets and two users behind. Needs curl and python3.
set -euo pipefail
address=${1:?address of a django-helpdesk, such as http://127.0.0.1:8000} client=${2:?client id} secret=${3:?client secret}
pw_client=${4:?client id of the grant password} username=${5:?user name} password=${6:?password}
seconds=${HD_TOKEN_SECONDS:-60} queue=${HD_QUEUE:-1}
cd "$(dirname "$0")/../.."
if [ -z "${BINARY:-}" ]; then cargo build --quiet --release; BINARY=./target/release/action-executor; fi
work=$(mktemp -d); server= proxy=
trap 'for pid in $server $proxy; do kill "$pid" 2>/dev/null || true; done; rm -rf "$work"' EXIT
cat >"$work/proxy.py" <<'P'
import http.client, http.server, json, sys, urllib.parse
target, notes = urllib.parse.urlsplit(sys.argv[1]), sys.argv[2]
class Proxy(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def forward(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        kind = http.client.HTTPSConnection if target.scheme == "https" else http.client.HTTPConnection
        service = kind(target.netloc, timeout=20)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")}
        service.request(self.command, target.path.rstrip("/") + self.path, body, headers)
        answer = service.getresponse(); content = answer.read()
        if self.path == "/o/token/" and answer.status == 200:
            note = "token " + urllib.parse.parse_qs(body.decode())["grant_type"][0] + " " + json.loads(content)["access_token"]
        else:
            note = f"answer {answer.status} {self.path}"
        with open(notes, "a") as file: file.write(note + "\n")
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("content-length", "transfer-encoding", "connection", "date", "server"): self.send_header(name, value)
        self.send_header("Content-Length", str(len(content))); self.end_headers(); self.wfile.write(content)
    do_GET = do_POST = forward
    def log_message(self, *_): pass
class Server(http.server.ThreadingHTTPServer): request_queue_size = 64
server = Server(("127.0.0.1", 0), Proxy)
print(server.server_port, flush=True)
server.serve_forever()
P
: >"$work/notes"
python3 "$work/proxy.py" "$address" "$work/notes" >"$work/proxy.port" 2>"$work/proxy.log" &
proxy=$!
for _ in $(seq 50); do [ ! -s "$work/proxy.port" ] || break; sleep 0.1; done
through=http://127.0.0.1:$(cat "$work/proxy.port")
"$BINARY" serve --listen 127.0.0.1:0 --admin off --allow-private 127.0.0.0/8 >"$work/log" 2>&1 &
server=$!
for _ in $(seq 100); do
  port=$(sed -nE 's/.*serving listen=127\.0\.0\.1:([0-9]+).*/\1/p' "$work/log" | head -n 1); [ -z "$port" ] || break
  kill -0 "$server" 2>/dev/null || { cat "$work/log"; exit 2; }
  sleep 0.1
done
: "${port:?the server did not start}"

failures=0
expect() { # NAME PYTHON-EXPRESSION over `got` and the further arguments `more`
  local name=$1 expression=$2; shift 2
  if python3 -c 'import json, sys; got = json.load(sys.stdin); more = sys.argv[2:]; sys.exit(not eval(sys.argv[1]))' "$expression" "$@" <<<"$got"; then
    echo "ok      $name"
  else
    echo "FAILED  $name: $got"; failures=$((failures + 1))
  fi
}
auth() { # SECRET: a client of client_credentials
  python3 -c 'import json, sys; print(json.dumps(dict(zip(("url", "client_id", "client_secret"), sys.argv[1:]))))' "$through" "$client" "$1"
}
auth_user() { # USERNAME PASSWORD [SECRET]
  python3 -c 'import json, sys; print(json.dumps(dict(zip(("url", "client_id", "client_secret", "username", "password"), sys.argv[1:]))))' \
    "$through" "$pw_client" "${3:-$secret}" "$1" "$2"
}
call() { # ROUTE AUTH-JSON DATA-JSON; the status is put into the answer
  python3 -c 'import json, sys; print(json.dumps({"auth": json.loads(sys.argv[1]), "data": json.loads(sys.argv[2])}))' "$2" "$3" |
    curl --silent --max-time 30 --header 'Content-Type: application/json' --data-binary @- --write-out '\n%{http_code}' "http://127.0.0.1:$port/django_helpdesk/$1" |
    python3 -c 'import json, sys; body, status = sys.stdin.read().rsplit("\n", 1); print(json.dumps(json.loads(body) | {"status": int(status)}))'
}
member() { python3 -c 'import json, sys; print(json.load(sys.stdin).get(sys.argv[1], ""))' "$1" <<<"$got"; }
token() { curl --silent --fail --user "$client:$secret" --data grant_type=client_credentials "$address/o/token/" | python3 -c 'import json, sys; print(json.load(sys.stdin)["access_token"])'; }
read_back() { curl --silent --fail --header "Authorization: Bearer $(token)" "$address$1"; } # PATH
ours=$(auth "$secret") mine=$(auth_user "$username" "$password")
strange=$(python3 -c 'print(r"""He said "hi" '"'it''s'"' — C:\temp {{auth.client_secret}} {{ 7 }} {% now "Y" %} {# x #} %} {{{ }}} ${x} <b>&amp;</b> 🙂 日本語""")')
quoted=$(python3 -c 'import json, sys; print(json.dumps(sys.argv[1]))' "$strange")
plain="{\"title\": \"Call missed\", \"description\": \"d\", \"queue\": $queue}"

echo "# a ticket with an attachment"
head -c 20000 /dev/urandom >"$work/sent"
data=$(python3 -c 'import base64, json, sys; print(json.dumps({"title": sys.argv[1], "description": sys.argv[1] + "\nsecond line", "queue": sys.argv[2], "priority": "2", "submitter_email": "ana@example.com", "attachment_base64": base64.b64encode(open(sys.argv[3], "rb").read()).decode(), "attachment_name": "Zoë 🙂 {{x}}.pdf", "attachment_type": "application/pdf"}))' "$strange" "$queue" "$work/sent")
got=$(call create_ticket "$ours" "$data")
expect "a ticket is created" 'got["status"] == 201 and got["external_id"].isdigit()'
id=$(member external_id)
got=$(read_back "/api/tickets/$id/")
expect "its title arrived byte for byte" 'got["title"] == more[0]' "$strange"
expect "its description arrived byte for byte" 'got["description"] == more[0] + "\nsecond line"' "$strange"
expect "its priority is a number" 'got["priority"] == 2'
expect "its file keeps name, type and size" '[(f["filename"], f["mime_type"], f["size"]) for u in got["followup_set"] for f in u["followupattachment_set"]] == [("Zoë 🙂 {{x}}.pdf", "application/pdf", 20000)]'
file=$(python3 -c 'import json, sys; print([f["file"] for u in json.load(sys.stdin)["followup_set"] for f in u["followupattachment_set"]][0])' <<<"$got")
if [ -n "${HD_MEDIA:-}" ]; then
  cp "$HD_MEDIA/$(python3 -c 'import sys, urllib.parse as u; print(u.unquote(u.urlsplit(sys.argv[1]).path).split("/media/", 1)[1])' "$file")" "$work/arrived"
else
  curl --silent --fail --header "Authorization: Bearer $(token)" --output "$work/arrived" "$file" || : >"$work/arrived"
fi
got=$(cmp --silent "$work/sent" "$work/arrived" && echo true || echo false)
expect "its bytes are those that were sent" 'got'

echo "# notes"
got=$(call add_note "$ours" "{\"ticket\": \"$id\", \"note\": $quoted}")
expect "a note is added" 'got["status"] == 201'
note=$(member external_id)
got=$(read_back "/api/followups/$note/")
expect "the note arrived byte for byte, nothing of it evaluated" 'got["comment"] == more[0]' "$strange"
got=$(read_back "/api/tickets/$id/")
expect "the note did not rename the ticket" 'got["title"] == more[0]' "$strange"

echo "# contacts"
contact="caller-$(date +%s)-$$@example.com"
got=$(call create_contact "$ours" "{\"email\": \"$contact\", \"first_name\": \"Zoë {{x}}\", \"password\": \"pw-of-$contact\"}")
expect "a contact is created" 'got == {"status": 201, "message": f"User {more[0]} created", "contact_external_id": more[0], "contact_external_type": "user"}' "$contact"
got=$(call create_contact "$ours" "{\"email\": \"$contact\"}")
expect "a taken name is told as that" 'got == {"status": 400, "message": f"The helpdesk has a user {more[0]} already"}' "$contact"
got=$(call create_contact "$ours" "{\"email\": \"random-$contact\"}")
expect "a contact without a password gets a random one" 'got["status"] == 201'

echo "# refusals"
got=$(call create_ticket "$ours" '{"title": "t", "description": "d", "queue": 99999, "priority": 99}')
expect "the helpdesk's own reasons are told by field" 'got["status"] == 400 and got["message"].startswith("The helpdesk refused: ") and "queue: Invalid pk" in got["message"] and "priority: " in got["message"]'
got=$(call create_ticket "$ours" "{\"title\": \"t\", \"description\": \"d\", \"queue\": $queue, \"attachment_base64\": \"aGVsbG8=\", \"attachment_name\": \"a.exe\"}")
expect "a file of another kind is refused, and what stands is told" '"Unsupported file extension" in got["message"] and "`create`" in got["message"]'
got=$(call create_ticket "$(auth wrong)" "$plain")
expect "a wrong secret says so" 'got == {"status": 400, "message": "The helpdesk does not accept the client id and secret"}'
got=$(call create_ticket "$ours" "$plain")
expect "the right secret goes on working beside it" 'got["status"] == 201'
got=$(call create_ticket_as_user "$(auth_user "$username" wrong)" "$plain")
expect "a wrong password says so" 'got == {"status": 400, "message": "The helpdesk does not accept the user name and password"}'
got=$(call create_ticket_as_user "$(auth_user "$username" "$password" wrong)" "$plain")
expect "a wrong secret of the grant password says so" 'got == {"status": 400, "message": "The helpdesk does not accept the client id and secret"}'
got=$(call create_ticket "$(auth_user x y)" "$plain")
expect "a client of another grant is told so" 'got == {"status": 400, "message": "The helpdesk does not let this client use the grant client_credentials"}'
got=$(call create_ticket_as_user "$mine" "$plain")
expect "a ticket is created with the grant password" 'got["status"] == 201'

echo "# two tenants at once"
other=$(auth_user "${HD_SECOND_USERNAME:-$contact}" "${HD_SECOND_PASSWORD:-pw-of-$contact}")
tenants=() before=$(wc -l <"$work/notes")
for n in $(seq 8); do
  call create_ticket_as_user "$mine" "{\"title\": \"mine $n\", \"description\": \"d\", \"queue\": $queue}" >"$work/mine.$n" & tenants+=($!)
  call create_ticket_as_user "$other" "{\"title\": \"other $n\", \"description\": \"d\", \"queue\": $queue}" >"$work/other.$n" & tenants+=($!)
done
for pid in "${tenants[@]}"; do wait "$pid" || true; done
owners() { # mine|other: of each ticket the user who opened it
  local n id; for n in $(seq 8); do got=$(cat "$work/$1.$n"); id=$(member external_id); read_back "/api/tickets/$id/"; echo; done |
    python3 -c 'import json, sys; print(json.dumps([json.loads(line)["followup_set"][0]["user"] for line in sys.stdin if line.strip()]))'
}
got=$(cat "$work"/mine.? | python3 -c 'import json, sys; print(json.dumps([json.loads(line)["status"] for line in sys.stdin]))')
expect "all calls of the first tenant succeed" 'got == [201] * 8'
first=$(owners mine)
if [ -n "${HD_SECOND_USERNAME:-}" ]; then
  second=$(owners other); got="[$first, $second]"
  expect "each tenant's tickets have its own owner" 'len(got[0]) == len(got[1]) == 8 and len(set(got[0])) == len(set(got[1])) == 1 and got[0][0] != got[1][0]'
else
  got=$first; expect "the first tenant's tickets have one owner" 'len(got) == 8 and len(set(got)) == 1'
  got=$(cat "$work"/other.? | python3 -c 'import json, sys; print(json.dumps([json.loads(line) for line in sys.stdin]))')
  expect "the second tenant, who is not staff, never gets the first one's rights" 'len(got) == 8 and all(a["status"] == 400 and "does not allow" in a["message"] for a in got)'
fi

echo "# a token that ends"
for grant in client_credentials password; do
  if [ "$grant" = password ]; then
    route=create_ticket_as_user who=$mine which=$pw_client
  else
    route=create_ticket who=$ours which=$client
  fi
  got=$(call "$route" "$who" "$plain")    # the newest token of the grant may be the other tenant's: end them all
  for t in $(sed -n "s/^token $grant //p" "$work/notes"); do
    curl --silent --fail --output /dev/null --user "$which:$secret" --data-urlencode "token=$t" "$address/o/revoke_token/"
  done
  before=$(wc -l <"$work/notes")
  got=$(call "$route" "$who" "$plain")
  expect "a revoked token is renewed in the call ($grant)" 'got["status"] == 201'
  got=$(tail -n "+$((before + 1))" "$work/notes" | sed -E 's/^token ([a-z_]+) .*/token \1/' | python3 -c 'import json, sys; print(json.dumps(sys.stdin.read().split("\n")[:-1]))')
  expect "that took one 401, one token and one more try ($grant)" 'got == ["answer 401 /api/tickets/", "token " + more[0], "answer 201 /api/tickets/"]' "$grant"
done
before=$(wc -l <"$work/notes")
printf 'calls for %s s ' "$((seconds + 10))"
end=$(($(date +%s) + seconds + 10)); : >"$work/steady"
while [ "$(date +%s)" -lt "$end" ]; do
  call add_note "$ours" "{\"ticket\": $id, \"note\": \"still here\"}" >>"$work/steady"; sleep 1; printf .
done; echo
got=$(python3 -c 'import json, sys; print(json.dumps([json.loads(line)["status"] for line in sys.stdin]))' <"$work/steady")
expect "calls go on across the end of a token" 'len(got) > 5 and set(got) == {201}'
got=$(tail -n "+$((before + 1))" "$work/notes" | python3 -c 'import json, sys; print(json.dumps([line.split()[:2] for line in sys.stdin]))')
expect "with a token for each life, not for each call" '1 <= sum(line[0] == "token" for line in got) <= 3'
sleep "$((seconds + 2))"
got=$(call create_ticket "$ours" "$plain"); expect "a call after a silence longer than the token succeeds" 'got["status"] == 201'
got=$(call create_ticket_as_user "$mine" "$plain"); expect "so does one with the grant password" 'got["status"] == 201'

got=$(grep --count --fixed-strings --regexp="$secret" --regexp="$password" "$work/log" || true)
expect "the log holds no secret" 'got == 0'
echo "$failures failed"
exit $((failures > 0))
