//! Definitions and bodies that are measured: a ticket with basic authentication, and actions that do more.

use std::fmt::Write as _;
use std::fs;
use std::sync::Arc;

use action_executor::catalog::{Action, Catalog, Operator, build, load};
use serde_json::{Value, json};
use tempfile::TempDir;

const SERVICE: &str = "\
version: 1
title: Helpdesk
input:
  auth:
    username: {}
    password: {}
base_url: https://desk.example.com
authentication: { type: basic, username: \"{{auth.username}}\", password: \"{{auth.password}}\" }
";

const TICKET: &str = "\
version: 1
title: Create a ticket
input:
  data:
    subject: { required: true }
    description: {}
    priority: { enum: [low, normal, high], default: normal }
  meta:
    contact_external_id: {}
request:
  method: POST
  path: /api/v2/tickets.json
  json:
    ticket:
      subject: \"{{data.subject}}\"
      comment: { body: \"{{data.description}}\" }
      requester_id: \"{{meta.contact_external_id}}\"
      priority: \"{{data.priority}}\"
      tags: [talkdesk]
response:
  message: \"Ticket {{response.external_id}} created\"
  external_id: { path: $.ticket.id, required: true }
  contact_external_id: \"{{meta.contact_external_id}}\"
";

const THREE_STEPS: &str = "\
version: 1
title: Three steps
input:
  data: { subject: {} }
steps:
  - id: first
    request: { method: POST, path: /one, json: { subject: \"{{data.subject}}\" } }
    capture: { one: { path: $.ticket.id, required: true } }
  - id: second
    request: { method: POST, path: \"/two/{{vars.one}}\", json: { subject: \"{{data.subject}}\" } }
    capture: { two: $.ticket.status }
  - id: third
    request: { method: POST, path: \"/three/{{vars.one}}\", json: { status: \"{{vars.two}}\" } }
response:
  message: \"Ticket {{response.external_id}}\"
  external_id: { path: $.ticket.id, required: true }
";

const FIVE_PATHS: &str = "\
version: 1
title: Five paths
input:
  data: { subject: {} }
request: { method: POST, path: /list, json: { subject: \"{{data.subject}}\" } }
capture:
  one: $.results[0].id
  two: $.results[200].name
  three: $.results[-1].id
  four: $.count
  five: $.next
response:
  message: \"{{vars.one}} {{vars.two}} {{vars.three}} {{vars.four}} {{vars.five}}\"
  external_id: { path: \"$.results[0].id\", required: true }
";

const EACH: &str = "\
version: 1
title: Each
input:
  data: { subject: {}, items: { type: list } }
steps:
  - id: tag
    for_each: { in: \"{{data.items}}\", as: item, max: 1000 }
    request: { method: POST, path: \"/tags/{{item}}\", json: { tag: \"{{item}}\" } }
    collect: { ids: $.ticket.id }
response:
  message: \"{{len vars.ids}} tags\"
  external_id: \"{{data.subject}}\"
";

/// Compiles a directory of the service with so many copies of the ticket, and the other actions.
pub(super) fn catalog(copies: usize) -> Catalog {
    let (directory, _) = written(copies);
    let catalog = build(&load(directory.path()).expect("a directory"), &Operator::default(), None);
    assert!(!catalog.has_errors(), "{:#?}", catalog.diagnostics());
    catalog
}

/// The directory itself, and the text of one action.
pub(super) fn written(copies: usize) -> (TempDir, &'static str) {
    let directory = TempDir::new().expect("a directory");
    let service = directory.path().join("desk");
    fs::create_dir(&service).expect("a directory");
    let write = |name: &str, text: &str| fs::write(service.join(name), text).expect("a file");
    write("service.yaml", SERVICE);
    for (name, text) in [("three_steps", THREE_STEPS), ("five_paths", FIVE_PATHS), ("each", EACH)] {
        write(&format!("{name}.yaml"), text);
    }
    for copy in 0..copies {
        write(&format!("ticket_{copy}.yaml"), TICKET);
    }
    (directory, TICKET)
}

pub(super) fn action(catalog: &Catalog, name: &str) -> Arc<Action> {
    Arc::clone(catalog.find(&format!("/desk/{name}")).expect("an action"))
}

/// What the caller sends: 1 KiB.
pub(super) fn body(items: usize) -> Vec<u8> {
    let items: Vec<String> = (0..items).map(|number| format!("item-{number}")).collect();
    let text = "He said \"call me back\".\nThe line was cut after a minute. ".repeat(12);
    let body = json!({
        "auth": { "username": "agent@example.com/token", "password": "s3cret-Pass-w0rd" },
        "data": { "subject": "Missed call from +351 210 000 000", "description": text, "items": items },
        "meta": { "contact_external_id": "12345678901234567890", "agent_external_id": "77" },
    });
    body.to_string().into_bytes()
}

/// What the service answers: 1 KiB of which an id is looked at.
pub(super) fn answer() -> Vec<u8> {
    let field = |number: u64| json!({ "id": 360_000_000_000_u64 + number, "value": null });
    let answer = json!({
        "ticket": {
            "url": "https://desk.example.com/api/v2/tickets/35436.json",
            "id": 35436,
            "created_at": "2026-01-02T03:04:05Z",
            "type": "incident",
            "subject": "Missed call from +351 210 000 000",
            "description": "He said \"call me back\".\nThe line was cut after a minute. ".repeat(4),
            "priority": "normal",
            "status": "open",
            "requester_id": 20_978_392_u64,
            "collaborator_ids": [35334, 234],
            "tags": ["enterprise", "talkdesk", "phone"],
            "custom_fields": (0..8).map(field).collect::<Vec<Value>>(),
            "via": { "channel": "api", "source": { "from": {}, "to": {}, "rel": null } },
        }
    });
    answer.to_string().into_bytes()
}

/// A list of so many elements, 200 bytes each.
pub(super) fn long_answer(elements: usize) -> Vec<u8> {
    let mut text = String::from("{\"results\":[");
    for number in 0..elements {
        let comma = if number == 0 { "" } else { "," };
        let filler = "x".repeat(140);
        let written =
            write!(text, "{comma}{{\"id\":{number},\"name\":\"name {number}\",\"note\":\"{filler}\",\"open\":true}}");
        written.expect("memory");
    }
    text.push_str("],\"count\":500,\"next\":null}");
    text.into_bytes()
}
