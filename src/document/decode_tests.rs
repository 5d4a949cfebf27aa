//! Tests of the decoders: one line for each rule of the language.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::yaml::{Bounds, read_yaml};
use super::{
    ActionDocument, ErrorRuleDocument, Kind, Node, ServiceDocument, StepDocument, Text, read_action, read_service,
};
use crate::diagnostic::{Code, Diagnostic, Problems, Source};

fn action(file: &str) -> (Option<ActionDocument>, Vec<Diagnostic>) {
    let (document, problems) = read_action(Arc::new(Source::new("test.yaml", file)));
    (document, problems.finish())
}

fn service(file: &str) -> (Option<ServiceDocument>, Vec<Diagnostic>) {
    let (document, problems) = read_service(Arc::new(Source::new("service.yaml", file)));
    (document, problems.finish())
}

/// Every problem must be `(code, the text it points at, words of its message or help)`.
#[track_caller]
fn compare(problems: &[Diagnostic], expected: &[(Code, &str, &str)]) {
    assert_eq!(problems.len(), expected.len(), "{problems:#?}");
    for (problem, (code, place, words)) in problems.iter().zip(expected) {
        let told = format!("{} {}", problem.message, problem.help.as_deref().unwrap_or("without help"));
        assert_eq!((problem.code, problem.source.slice(problem.span)), (*code, *place), "{told}");
        assert!(told.contains(words), "{told}");
    }
}

#[track_caller]
fn check_service(rest: &str, expected: &[(Code, &str, &str)]) {
    compare(&service(&format!("version: 1\n{rest}")).1, expected);
}

#[track_caller]
fn check_action(rest: &str, expected: &[(Code, &str, &str)]) {
    compare(&action(&format!("version: 1\n{rest}")).1, expected);
}

#[track_caller]
fn check_request(rest: &str, expected: &[(Code, &str, &str)]) {
    check_action(&format!("request: {{ {rest} }}"), expected);
}

#[track_caller]
fn check_field(rest: &str, expected: &[(Code, &str, &str)]) {
    check_action(&format!("request: {{}}\ninput: {{ data: {{ a: {rest} }} }}"), expected);
}

#[track_caller]
fn check_step(rest: &str, expected: &[(Code, &str, &str)]) {
    check_action(&format!("steps: [{{ {rest} }}]"), expected);
}

#[track_caller]
fn check_capture(rest: &str, expected: &[(Code, &str, &str)]) {
    check_action(&format!("request: {{}}\ncapture: {{ a: {rest} }}"), expected);
}

#[track_caller]
fn check_condition(rest: &str, expected: &[(Code, &str, &str)]) {
    check_service(&format!("success: {{ when: {rest} }}"), expected);
}

#[track_caller]
fn check_test(rest: &str, expected: &[(Code, &str, &str)]) {
    check_action(&format!("request: {{}}\ntests: [{{ {rest} }}]"), expected);
}

#[test]
fn an_unknown_key_gets_a_near_match_or_the_list() {
    check_service("titel: x", &[(Code::UnknownKey, "titel", "did you mean `title`")]);
    check_service("timeout: { zzz: x }", &[(Code::UnknownKey, "zzz", "connect, attempt")]);
    check_request("jsn: {}", &[(Code::UnknownKey, "jsn", "json")]);
    check_field("{ requird: true }", &[(Code::UnknownKey, "requird", "required")]);
}

#[test]
fn a_version_is_needed_and_is_1() {
    compare(&service("title: x").1, &[(Code::MissingKey, "title", "`version` is missing")]);
    compare(&service("version: 2").1, &[(Code::UnknownVersion, "2", "write `version: 1`")]);
    compare(&service("version: '1'").1, &[(Code::WrongType, "'1'", "a whole number")]);
    compare(&service("version: 1.0").1, &[(Code::WrongType, "1.0", "a whole number")]);
    compare(&service("version: -1").1, &[(Code::WrongType, "-1", "a whole number")]);
    compare(&service("version:").1, &[(Code::WrongType, "", "found nothing")]);
}

#[test]
fn an_empty_file_says_what_was_expected() {
    compare(&service("").1, &[(Code::Syntax, "", "expected a service")]);
    compare(&action("# note\n").1, &[(Code::Syntax, "", "expected an action")]);
    compare(&action("- a").1, &[(Code::WrongType, "- a", "which is a map, found a list")]);
    compare(&action("text").1, &[(Code::WrongType, "text", "found text")]);
}

#[test]
fn a_wrong_type_is_named_without_its_value() {
    check_service("title: 5", &[(Code::WrongType, "5", "put it in quotes")]);
    check_service("title: [x]", &[(Code::WrongType, "[x]", "found a list")]);
    check_service("title:", &[(Code::WrongType, "", "give it a value, or remove the key")]);
    check_service("allowed_hosts: x", &[(Code::WrongType, "x", "Expected a list, found text")]);
    check_service(
        "allowed_hosts: [x, 5, { a: b }]",
        &[(Code::WrongType, "5", "found a number"), (Code::WrongType, "{ a: b }", "found a map")],
    );
    check_service("headers: [x]", &[(Code::WrongType, "[x]", "Expected a map")]);
    check_service("timeout: 5s", &[(Code::WrongType, "5s", "which is a map")]);
    check_service(
        "reply_401_on_auth_failure: yes",
        &[(Code::AmbiguousScalar, "yes", "a boolean"), (Code::WrongType, "yes", "`true` or `false`")],
    );
}

#[test]
fn every_problem_of_a_file_is_reported() {
    let problems =
        action("version: 1\ntitel: x\nrequest:\n  methd: GET\n  json: {}\n  form: {}\nresponse: 5\nsteps: []\n").1;
    compare(
        &problems,
        &[
            (Code::UnknownKey, "titel", "title"),
            (Code::UnknownKey, "methd", "method"),
            (Code::ConflictingKeys, "form", "`form` and `json` exclude one another"),
            (Code::WrongType, "5", "Expected a map"),
            (Code::ConflictingKeys, "steps", "exclude"),
        ],
    );
}

#[test]
fn an_action_has_a_request_or_steps() {
    check_action("title: x", &[(Code::ConflictingKeys, "version", "One of `request`, `steps` is needed")]);
    check_action("request: {}", &[]);
    check_action("steps: []", &[]);
}

#[test]
fn a_request_has_one_body_and_one_address() {
    check_request("path: /a, url: 'https://b.c'", &[(Code::ConflictingKeys, "url", "exclude")]);
    check_request("text: x, body: { base64: x, content_type: z }", &[(Code::ConflictingKeys, "body", "exclude")]);
    check_request("line_ends: crlf", &[(Code::ConflictingKeys, "line_ends", "`text` body")]);
    check_request("text: x, line_ends: crlf", &[]);
    check_request("text: x, line_ends: cr", &[(Code::InvalidValue, "cr", "crlf")]);
    check_request("answer: yaml", &[(Code::InvalidValue, "yaml", "one of")]);
    check_request("style: { lists: bracket }", &[(Code::InvalidValue, "bracket", "brackets")]);
    check_request("graphql: {}", &[(Code::MissingKey, "{}", "`query` is missing")]);
    check_request("body: { base64: x }", &[(Code::MissingKey, "base64", "`content_type` is missing")]);
    check_request("headers: { A: null, B: x }, query: { a: 5 }", &[]);
    check_request("read_only: 1", &[(Code::WrongType, "1", "`true` or `false`")]);
}

#[test]
fn an_input_field_may_be_a_name_alone() {
    check_field("", &[]);
    check_field("{}", &[]);
    check_field("text", &[(Code::WrongType, "text", "an input field")]);
    check_field("{ type: int }", &[(Code::InvalidValue, "int", "`int` is not known here")]);
    check_field("{ format: mail }", &[(Code::InvalidValue, "mail", "email")]);
    check_field("{ min: x }", &[(Code::WrongType, "x", "a number")]);
    check_field("{ min: -1.5, max_length: 1.5 }", &[(Code::WrongType, "1.5", "a whole number")]);
    check_field("{ enum: low }", &[(Code::WrongType, "low", "a list")]);
    check_field("{ enum: [low, 1, null], default: { a: [1] }, example: [] }", &[]);
}

#[test]
fn a_step_does_exactly_one_thing() {
    check_step("id: a, request: {}", &[]);
    check_step("id: a", &[(Code::ConflictingKeys, "id", "One of `request`, `fail`, `set`")]);
    check_step("id: a, fail: x, set: {}", &[(Code::ConflictingKeys, "set", "exclude")]);
    check_step("request: {}", &[(Code::MissingKey, "request", "`id` is missing")]);
    check_step("id: a, fail: x, capture: {}", &[(Code::ConflictingKeys, "capture", "a step with a `request`")]);
    check_step("id: a, request: {}, for_each: { in: data.x }", &[(Code::MissingKey, "in", "`as` is missing")]);
    check_step("id: a, request: {}, for_each: { in: data.x, as: z, max: many }", &[(Code::WrongType, "many", "whole")]);
}

#[test]
fn a_capture_has_one_source() {
    for written in
        ["$.id", "text", "5", "true", "[$.a, $.b]", "{ path: $.a }", "{ path: [$.a, $.b] }", "{ const: null }"]
    {
        check_capture(written, &[]);
    }
    check_capture("", &[(Code::WrongType, "", "where the value comes from")]);
    check_capture("{ as: string }", &[(Code::ConflictingKeys, "as", "One of `path`, `header`, `status`, `const`")]);
    check_capture("{ path: $.a, header: B }", &[(Code::ConflictingKeys, "header", "exclude")]);
    check_capture("{ path: $.a, as: text }", &[(Code::InvalidValue, "text", "one of string")]);
    check_capture("{ path: $.a, pick: frist }", &[(Code::InvalidValue, "frist", "first")]);
    check_capture("[$.a, 5]", &[(Code::WrongType, "5", "Expected text")]);
}

#[test]
fn a_condition_has_exactly_one_key() {
    for written in
        ["{ present: $.a }", "{ eq: [$.a, 1] }", "{ in: [$.a, [1, 2]] }", "{ not: { all: [{ absent: $.a }] } }"]
    {
        check_condition(written, &[]);
    }
    check_condition("{}", &[(Code::ConflictingKeys, "{}", "found 0")]);
    check_condition("{ present: $.a, absent: $.b }", &[(Code::ConflictingKeys, "absent", "found 2")]);
    check_condition("data.x", &[(Code::WrongType, "data.x", "found text")]);
    check_condition("{ presnt: $.a }", &[(Code::UnknownKey, "presnt", "present")]);
    check_condition("{ eq: $.a }", &[(Code::WrongType, "$.a", "a list of two")]);
    check_condition("{ gt: [$.a] }", &[(Code::WrongType, "[$.a]", "a list of two")]);
    check_condition("{ matches: [$.a, 5] }", &[(Code::WrongType, "5", "Expected text")]);
    check_condition("{ eq: [5, 5] }", &[(Code::WrongType, "5", "Expected text")]);
    check_condition("{ any: { present: $.a } }", &[(Code::WrongType, "{ present: $.a }", "a list")]);
}

#[test]
fn authentication_takes_the_keys_of_its_type() {
    let check =
        |written: &str, expected: &[(Code, &str, &str)]| check_service(&format!("authentication: {written}"), expected);
    check("{ type: none }", &[]);
    check("{ type: basic, username: a, password: b }", &[]);
    check("{ type: api_key, header: A, value: b }", &[]);
    check("{ username: a }", &[(Code::MissingKey, "username", "`type` is missing")]);
    check("{ type: bsic }", &[(Code::InvalidValue, "bsic", "basic")]);
    check(
        "{ type: basic, user: a }",
        &[
            (Code::MissingKey, "type", "`username` is missing"),
            (Code::MissingKey, "type", "`password` is missing"),
            (Code::UnknownKey, "user", "username"),
        ],
    );
    check("{ type: none, token: a }", &[(Code::UnknownKey, "token", "not a key of `authentication`")]);
    check("{ type: api_key, value: b }", &[(Code::ConflictingKeys, "type", "One of `header`, `query`, `cookie`")]);
    check("{ type: api_key, header: A, query: b, value: c }", &[(Code::ConflictingKeys, "query", "exclude")]);
}

#[test]
fn an_error_rule_tells_or_acts() {
    let check =
        |written: &str, expected: &[(Code, &str, &str)]| check_service(&format!("errors: [{written}]"), expected);
    check(
        "{ status: 4xx, detail: [$.a, { header: X }, { path: $.b, as: fields }], message: x, kind: busy, retry: true }",
        &[],
    );
    check("{ not_json: true, accept: { a: $.b } }", &[]);
    check("{ status: 409, accept: {}, rerun_from: a }", &[(Code::ConflictingKeys, "rerun_from", "exclude")]);
    check("{ status: 409, rerun_from: a, message: x }", &[(Code::ConflictingKeys, "message", "exclude")]);
    check("{ status: 409, kind: gone }", &[(Code::InvalidValue, "gone", "one of rejected")]);
    check("{ detail: { regex: x } }", &[(Code::ConflictingKeys, "regex", "One of `path`, `header`")]);
    check("{ detail: 5 }", &[(Code::WrongType, "5", "a detail")]);
    check("{ detail: { path: $.a, as: list } }", &[(Code::InvalidValue, "list", "fields")]);
    check("{ status: true }", &[(Code::WrongType, "true", "a status such as `404`")]);
    check("{ status: [404, null] }", &[(Code::WrongType, "null", "a status")]);
    check("x", &[(Code::WrongType, "x", "an error rule")]);
}

#[test]
fn a_status_is_kept_as_its_word() {
    let words = |written: &str| -> Vec<String> {
        let (document, problems) = service(&format!("version: 1\nx: &x 404\nerrors: [{{ status: {written} }}]"));
        assert_eq!(problems.len(), 1, "only `x` is unknown: {problems:#?}");
        let rule: ErrorRuleDocument = document.and_then(|service| service.errors?.pop()).expect("a rule");
        rule.status.expect("statuses").into_iter().map(|word| word.value).collect()
    };
    assert_eq!(words("404"), ["404"]);
    assert_eq!(words("4xx"), ["4xx"]);
    assert_eq!(words("[404, 5xx, '409']"), ["404", "5xx", "409"]);
    assert_eq!(words("*x"), ["404"]);
}

#[test]
fn durations_have_a_unit_and_may_be_null() {
    let connect = |written: &str| {
        let (document, problems) = service(&format!("version: 1\ntimeout: {{ connect: {written} }}"));
        assert_eq!(problems, []);
        document.and_then(|service| service.timeout?.connect).expect("a duration").value
    };
    assert_eq!(connect("8s"), Some(Duration::from_secs(8)));
    assert_eq!(connect("500ms"), Some(Duration::from_millis(500)));
    assert_eq!(connect("'1h 30m'"), Some(Duration::from_secs(5400)));
    assert_eq!(connect("null"), None);
    for wrong in ["5", "soon", "''", "[1s]", "-5s"] {
        check_service(&format!("timeout: {{ attempt: {wrong} }}"), &[(Code::InvalidValue, wrong, "with its unit")]);
    }
}

#[test]
fn sizes_are_bytes_with_or_without_a_unit_and_may_be_null() {
    let limit = |written: &str| {
        let (document, problems) = service(&format!("version: 1\nlimits: {{ max_answer: {written} }}"));
        assert_eq!(problems, []);
        document.and_then(|service| service.limits?.max_answer).expect("a size").value
    };
    assert_eq!(limit("1MiB"), Some(1 << 20));
    assert_eq!(limit("500 kB"), Some(500_000));
    assert_eq!(limit("1000"), Some(1000));
    assert_eq!(limit("null"), None);
    for wrong in ["much", "1.5", "-1", "99999999999999999999", "[]"] {
        check_service(&format!("limits: {{ max_answer: {wrong} }}"), &[(Code::InvalidValue, wrong, "not a size")]);
    }
}

#[test]
fn retries_are_counted_and_may_be_null() {
    check_service("retry: { max: 2, for: [connect, 429, 5xx] }", &[]);
    check_service("retry: { max: null, for: connect }", &[]);
    check_service("retry: { max: two }", &[(Code::WrongType, "two", "a whole number")]);
}

#[test]
fn a_test_has_a_name_and_a_result() {
    check_test("name: a, result: { status: 201 }", &[]);
    check_test("name: a", &[(Code::MissingKey, "name", "`result` is missing")]);
    check_test(
        "result: { body: {} }",
        &[(Code::MissingKey, "result", "`name` is missing"), (Code::MissingKey, "body", "`status` is missing")],
    );
    let check = |call: &str, expected: &[(Code, &str, &str)]| {
        check_test(&format!("name: a, result: {{ status: 201 }}, calls: [{call}]"), expected);
    };
    check("{ request: { method: GET, headers: { A: null } }, answer: {} }", &[]);
    check("{ request: {} }", &[(Code::MissingKey, "request", "`answer` is missing")]);
    check("{ answer: { json: {}, text: x } }", &[(Code::ConflictingKeys, "text", "exclude")]);
    check("{ answer: { status: 200, fault: cut } }", &[(Code::ConflictingKeys, "status", "exclude")]);
    check("{ answer: { fault: broken } }", &[(Code::InvalidValue, "broken", "one of connect, timeout, cut")]);
    check("{ answer: {}, request: { json: {}, form: {} } }", &[(Code::ConflictingKeys, "form", "exclude")]);
}

#[test]
fn a_message_never_holds_the_value_of_a_credential() {
    let (_, problems) =
        service("version: 1\nauthentication: { type: bearer, token: [hunter2] }\ntitle: { a: hunter2 }");
    assert_eq!(problems.len(), 2);
    assert!(problems.iter().all(|problem| !format!("{} {:?}", problem.message, problem.help).contains("hunter2")));
}

#[test]
fn a_whole_service_decodes() {
    let (document, problems) = service(SERVICE);
    assert_eq!(problems, []);
    let service = document.expect("a service");
    assert_eq!(service.title.map(|title| title.value).as_deref(), Some("Zendesk Support"));
    assert_eq!(service.errors.map(|rules| rules.len()), Some(2));
}

#[test]
fn a_whole_action_decodes() {
    let (document, problems) = action(ACTION);
    assert_eq!(problems, []);
    let action = document.expect("an action");
    assert_eq!(action.response.map(|response| response.entries.len()), Some(5));
    assert_eq!(action.tests.map(|tests| tests.len()), Some(1));
}

#[test]
fn steps_decode() {
    let (document, problems) = action(STEPS);
    assert_eq!(problems, []);
    let steps: Vec<StepDocument> = document.and_then(|action| action.steps).expect("steps");
    assert_eq!(
        steps.iter().map(|step| step.id.value.as_str()).collect::<Vec<_>>(),
        ["find", "guard", "create", "note"]
    );
}

const SERVICE: &str = r#"version: 1
title: Zendesk Support
input:
  auth:
    subdomain: { required: true, format: hostname_label, secret: false }
    email:     { required: true, secret: false }
    token:     { required: true }
base_url: https://{{auth.subdomain}}.zendesk.com
allowed_hosts: ["*.zendesk.com"]     # required as soon as a host is templated
authentication: { type: basic, username: "{{auth.email}}/token", password: "{{auth.token}}" }
headers: { Accept: application/json }
timeout: { connect: 2s, attempt: 6s }
retry: { max: 2, for: [connect, 429, 502, 503, 504] }
limits: { max_answer: 1MiB }
success: { status: 2xx }
errors:                              # first match wins
  - { status: 429, kind: busy, message: "Zendesk is busy, try again later" }
  - { status: 4xx, detail: [$.description, $.error.message, $.error], message: "Zendesk refused: {{detail}}" }
"#;

const ACTION: &str = r#"version: 1
title: Create a ticket
description: Opens a ticket for the caller.

input:
  data:
    subject:     { required: true, max_length: 150, label: Subject }
    description: { required: true }
    priority:    { enum: [low, normal, high], default: normal }
    tags:        { type: list }
    call_id:     {}
  meta:
    contact_external_id: {}

request:
  method: POST
  path: /api/v2/tickets.json
  json:
    ticket:
      subject:      "{{data.subject}}"
      comment:      { body: "{{data.description}}" }
      priority:     "{{data.priority}}"
      requester_id: "{{meta.contact_external_id}}"   # absent: the key is not sent
      tags:         "{{data.tags}}"                  # a lone expression keeps its type: a list
      external_id:
        $when: { present: data.call_id }
        $value: "td-{{data.call_id}}"                # text around it: a string

response:
  message: "Ticket {{response.external_id}} created"
  external_id: { path: $.ticket.id, required: true }
  contact_external_id: [$.ticket.requester_id, $.ticket.submitter_id]   # first that is there
  contact_external_type: lead                                           # a constant
  contact_external_url: "https://{{auth.subdomain}}.zendesk.com/agent/users/{{response.contact_external_id}}"

tests:
  - name: quotes survive
    input: { auth: { subdomain: acme, email: a@b.c, token: t }, data: { subject: 'He said "hi"', description: d } }
    calls:
      - request: { method: POST, path: /api/v2/tickets.json, json: { ticket: { subject: 'He said "hi"', priority: normal, comment: { body: d } } } }
        answer: { status: 201, json: { ticket: { id: 35436, requester_id: 7 } } }
    result: { status: 201, body: { message: Ticket 35436 created, external_id: "35436", contact_external_id: "7", contact_external_type: lead,
              contact_external_url: "https://acme.zendesk.com/agent/users/7" } }
"#;

const STEPS: &str = r#"version: 1
steps:
  - id: find
    request: { method: GET, path: /contacts, query: { email: "{{data.email}}" } }
    capture:
      contact_id: { path: "$.results[0].id" }                  # optional: absent if nothing is there
      matches:    { path: $.total, as: integer, required: true }
  - id: guard
    when: { gt: [vars.matches, 1] }
    fail: "{{vars.matches}} contacts share {{data.email}}"
  - id: create
    when: { absent: vars.contact_id }
    request: { method: POST, path: /contacts, json: { email: "{{data.email}}", phone: "{{data.phone}}" } }
    capture: { contact_id: { path: $.id, required: true } }
    errors:
      - { status: 409, rerun_from: find }
  - id: note
    for_each: { in: data.notes, as: note, max: 20 }            # one after the other; the first error ends the call
    request: { method: POST, path: "/contacts/{{vars.contact_id}}/notes", json: { body: "{{note}}" } }
response: { contact_external_id: "{{vars.contact_id}}", message: "Saved {{data.email}}" }
"#;

/// Pieces that files are made of, and some that break them.
const PIECES: &[&str] = &[
    "version: 1",
    "request:",
    "steps:",
    "  - ",
    "- ",
    "\n",
    "\n  ",
    "\n    ",
    "\r\n",
    "\t",
    " ",
    "{",
    "}",
    "[",
    "]",
    ", ",
    ": ",
    "'",
    "\"",
    "\\",
    "|",
    ">-",
    "|2\n",
    "# note",
    "&a ",
    "*a",
    "<<: *a",
    "!!str ",
    "{{data.x}}",
    "$.a[0]",
    "é",
    "\u{feff}",
    "\0",
    "---",
    "json: ",
    "text",
    "status: 4xx",
    "capture: ",
    "when: ",
    "present: data.x",
    "yes",
    "0123",
    "12:30",
    "1e999",
    ".inf",
    "~",
    "? ",
    "authentication: ",
    "type: basic",
    "timeout: ",
    "connect: 2s",
    "%YAML 1.1",
    "\u{85}",
    "\u{2028}",
    "\\u00e9",
    "''",
    "errors: ",
];

proptest! {
    #[test]
    fn no_file_makes_it_panic_and_every_place_lies_in_the_file(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..40)) {
        let file = pieces.concat();
        for problem in action(&file).1.into_iter().chain(service(&file).1) {
            prop_assert!(file.get(problem.span.range()).is_some(), "{problem:?}");
        }
    }

    #[test]
    fn every_piece_of_every_text_lies_in_the_file(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..20)) {
        let source = Arc::new(Source::new("test.yaml", pieces.concat()));
        let mut left: Vec<Node> = read_yaml(&mut Problems::new(Arc::clone(&source)), Bounds::DEFINITION).into_iter().collect();
        let mut texts: Vec<Text> = Vec::new();
        while let Some(node) = left.pop() {
            match node.kind {
                Kind::Text(text) => texts.push(text),
                Kind::List(items) => left.extend(items),
                Kind::Map(entries) => {
                    let (keys, values): (Vec<Text>, Vec<Node>) = entries.into_iter().map(|entry| (entry.key, entry.value)).unzip();
                    texts.extend(keys);
                    left.extend(values);
                }
                _ => {}
            }
        }
        for text in texts {
            for at in 0..=text.value.len() {
                let span = text.span_of(&source, at..at + 1);
                prop_assert!(source.text().get(span.range()).is_some(), "{text:?} at {at}");
                prop_assert!(span.start >= text.span.start && span.end <= text.span.end, "{text:?} at {at}");
            }
        }
    }

    #[test]
    fn no_text_makes_it_panic(file in any::<String>()) {
        action(&file);
        service(&file);
    }
}
