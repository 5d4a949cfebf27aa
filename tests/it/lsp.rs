//! The language server as an editor speaks with it: one recorded session over its standard streams.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use serde_json::{Value, json};

use crate::support::{Definitions, command, service_at, ticket};

struct Editor {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    last: u64,
}

impl Drop for Editor {
    fn drop(&mut self) {
        // A test that failed must not leave it behind.
        let _ = self.child.kill();
    }
}

impl Editor {
    fn open(definitions: &Definitions) -> (Self, Value) {
        let mut command = command();
        command.arg("lsp").arg("--actions").arg(definitions.root()).stdin(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = command.spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut editor = Self { child, input, output, last: 0 };
        let answer = editor.ask("initialize", json!({ "processId": null, "rootUri": null, "capabilities": {} }));
        editor.tell("initialized", json!({}));
        (editor, answer)
    }

    fn send(&mut self, message: &Value) {
        let body = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
    }

    fn tell(&mut self, method: &str, parameters: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": parameters }));
    }

    fn ask(&mut self, method: &str, parameters: Value) -> Value {
        self.last += 1;
        self.send(&json!({ "jsonrpc": "2.0", "id": self.last, "method": method, "params": parameters }));
        loop {
            let message = self.next();
            if message.get("id") == Some(&json!(self.last)) {
                return message;
            }
        }
    }

    fn next(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            assert_ne!(self.output.read_line(&mut line).unwrap(), 0, "the server has left");
            match line.trim_end() {
                "" => break,
                head => length = head.strip_prefix("Content-Length: ").unwrap().parse().unwrap(),
            }
        }
        let mut body = vec![0; length];
        self.output.read_exact(&mut body).unwrap();
        serde_json::from_slice(&body).unwrap()
    }

    /// The next diagnostics: the file's name and the codes.
    fn diagnostics(&mut self) -> (String, Vec<String>) {
        loop {
            let message = self.next();
            if message["method"] == "textDocument/publishDiagnostics" {
                let file = message["params"]["uri"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
                let list = message["params"]["diagnostics"].as_array().unwrap();
                return (file, list.iter().map(|one| one["code"].as_str().unwrap().to_owned()).collect());
            }
        }
    }
}

fn desk() -> Definitions {
    Definitions::new(&[
        ("desk/service.yaml", &service_at("https://desk.example.com")),
        ("desk/one.yaml", &ticket("first")),
    ])
}

fn uri(definitions: &Definitions, name: &str) -> String {
    format!("file://{}", std::fs::canonicalize(definitions.path(name)).unwrap().display())
}

#[test]
fn a_session_from_the_first_word_to_the_last() {
    let definitions = desk();
    let action = uri(&definitions, "desk/one.yaml");
    let (mut editor, answer) = Editor::open(&definitions);
    assert_eq!(answer["result"]["capabilities"]["positionEncoding"], "utf-16");

    let broken = ticket("first").replace("data.subject", "data.subjekt");
    editor.tell(
        "textDocument/didOpen",
        json!({ "textDocument": { "uri": action, "languageId": "yaml", "version": 1, "text": broken } }),
    );
    let (file, codes) = editor.diagnostics();
    assert_eq!((file.as_str(), codes.first().map(String::as_str)), ("one.yaml", Some("unknown-field")));

    let change = json!({
        "range": { "start": { "line": 7, "character": 27 }, "end": { "line": 7, "character": 34 } },
        "text": "subject",
    });
    editor.tell(
        "textDocument/didChange",
        json!({ "textDocument": { "uri": action, "version": 2 }, "contentChanges": [change] }),
    );
    assert_eq!(editor.diagnostics(), ("one.yaml".to_owned(), Vec::new()));

    assert_eq!(editor.ask("shutdown", Value::Null)["result"], Value::Null);
    editor.tell("exit", Value::Null);
    assert_eq!(editor.child.wait().unwrap().code(), Some(0));
}

#[test]
fn an_unknown_question_is_refused_and_a_client_that_leaves_is_an_error() {
    let (mut editor, _) = Editor::open(&desk());
    assert_eq!(editor.ask("workspace/unheardOf", json!({}))["error"]["code"], -32601);
    editor.tell("exit", Value::Null);
    assert_eq!(editor.child.wait().unwrap().code(), Some(1));
}

const ONE: &str = "version: 1
title: Find, then note
input:
  data:
    phone: { required: true, label: Phone, description: As it was dialled. }
steps:
  - id: find
    request: { method: GET, path: /contacts, query: { phone: \"{{phone_e164 data.phone}}\" } }
    capture: { contact: { path: \"$.data.phone\" } }
  - id: note
    when: { present: vars.contact }
    request: { path: \"/contacts/{{vars.contact}}/notes\", headers: { X-Key: \"{{auth.key}}\" }, json: { from: \"{{data.phone}}\" } }
response: { contact_external_id: \"{{vars.contact}}\" }
tests:
  - name: found
    input: { auth: { key: k }, data: { phone: \"1\" } }
    calls: []
    result: { status: 400 }
";

/// The position of the `nth` occurrence of a text, `into` letters into it.
fn position(text: &str, what: &str, nth: usize, into: usize) -> Value {
    let at = text.match_indices(what).nth(nth).unwrap().0 + into;
    let line = text[..at].matches('\n').count();
    json!({ "line": line, "character": at - text[..at].rfind('\n').map_or(0, |start| start + 1) })
}

/// A session with one file open.
fn open(text: &str) -> (Definitions, Editor, String) {
    let definitions = desk();
    let action = uri(&definitions, "desk/one.yaml");
    let (mut editor, _) = Editor::open(&definitions);
    let document = json!({ "uri": action, "languageId": "yaml", "version": 1, "text": text });
    editor.tell("textDocument/didOpen", json!({ "textDocument": document }));
    (definitions, editor, action)
}

fn labels(answer: &Value) -> Vec<&str> {
    answer["result"].as_array().unwrap().iter().map(|item| item["label"].as_str().unwrap()).collect()
}

#[test]
fn what_stands_under_the_cursor_is_explained() {
    let (_definitions, mut editor, action) = open(ONE);
    let mut hover = |what: &str, nth, into| {
        let asked = json!({ "textDocument": { "uri": action }, "position": position(ONE, what, nth, into) });
        editor.ask("textDocument/hover", asked)["result"]["contents"]["value"].as_str().unwrap_or_default().to_owned()
    };
    assert!(hover("capture", 0, 2).starts_with("**capture**\n\n"), "a key");
    assert!(hover("phone_e164", 0, 3).starts_with("`{{phone_e164 "), "a helper");
    let input = hover("data.phone", 0, 7);
    assert!(
        input.starts_with("**data.phone**, declared in this file") && input.contains("As it was dialled."),
        "{input}"
    );
    assert!(hover("vars.contact", 0, 6).contains("made by the step `find`"), "a capture");
    assert!(hover("auth.key", 0, 6).contains("declared in `service.yaml`"), "a field of the service");
    assert_eq!(hover("$.data.phone", 0, 8), "", "a path into an answer is no input");
}

#[test]
fn what_can_stand_at_the_cursor_is_offered_while_the_file_is_broken() {
    let ask = |text: &str, what: &str| {
        let (_definitions, mut editor, action) = open(text);
        let place = position(text, what, 0, what.len());
        let asked = json!({ "textDocument": { "uri": action }, "position": place });
        let answer = editor.ask("textDocument/completion", asked);
        labels(&answer).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let with = |line: &str| {
        format!("version: 1\ntitle: T\ninput:\n  data: {{ subject: {{}}, tags: {{ type: list }} }}\n{line}")
    };
    let keys = ask(&with("request:\n  path: /x\n  meth"), "meth");
    assert!(keys.contains(&"method".to_owned()) && !keys.contains(&"path".to_owned()), "{keys:?}");
    let top = ask(&with("resp"), "resp");
    assert!(top.contains(&"response".to_owned()) && !top.contains(&"title".to_owned()), "{top:?}");
    let values = ask(&with("request:\n  method: "), "method: ");
    assert!(values.contains(&"DELETE".to_owned()), "{values:?}");
    let names = ask(&with("request:\n  json: { a: \"{{data."), "{{data.");
    assert_eq!(names, ["subject", "tags"]);
    let auth = ask(&with("request:\n  json: { a: \"{{auth."), "{{auth.");
    assert_eq!(auth, ["key"]);
    let words = ask(&with("request:\n  json: { a: \"{{tr"), "{{tr");
    assert!(words.contains(&"truncate".to_owned()) && words.contains(&"data".to_owned()), "{words:?}");
    let bare = ask(&with("steps:\n  - id: a\n    when: { present: data."), "present: data.");
    assert_eq!(bare, ["subject", "tags"]);
    let step = ask(&with("steps:\n  - id: a\n    wh"), "    wh");
    assert!(step.contains(&"when".to_owned()) && !step.contains(&"id".to_owned()), "{step:?}");
    let strategy = ask(&with("authentication: { type: basic, u"), "basic, u");
    assert!(strategy.contains(&"username".to_owned()) && !strategy.contains(&"token_url".to_owned()), "{strategy:?}");
}

#[test]
fn a_use_leads_to_its_declaration() {
    let (_definitions, mut editor, action) = open(ONE);
    let mut definition = |what: &str, nth, into| {
        let asked = json!({ "textDocument": { "uri": action }, "position": position(ONE, what, nth, into) });
        let found = editor.ask("textDocument/definition", asked)["result"].clone();
        let file = found["uri"].as_str().unwrap_or_default().rsplit('/').next().unwrap_or_default().to_owned();
        (file, found["range"]["start"]["line"].clone())
    };
    assert_eq!(definition("data.phone", 0, 7), ("one.yaml".to_owned(), json!(4)));
    assert_eq!(definition("vars.contact", 0, 7), ("one.yaml".to_owned(), json!(8)));
    assert_eq!(definition("auth.key", 0, 7), ("service.yaml".to_owned(), json!(4)));
    assert_eq!(definition("version", 0, 1), ("service.yaml".to_owned(), json!(0)));
}

#[test]
fn an_input_and_a_capture_are_renamed_with_all_their_uses() {
    let (_definitions, mut editor, action) = open(ONE);
    let mut rename = |what: &str, nth, into, new: &str| {
        let place = position(ONE, what, nth, into);
        let asked = json!({ "textDocument": { "uri": action }, "position": place, "newName": new });
        editor.ask("textDocument/rename", asked)
    };
    let lines = |answer: &Value, file: &str| -> Vec<Value> {
        let changes = answer["result"]["changes"].as_object().unwrap();
        let edits = changes.iter().find(|(uri, _)| uri.ends_with(file)).map(|(_, edits)| edits.clone());
        edits
            .into_iter()
            .flat_map(|edits| edits.as_array().unwrap().clone())
            .map(|edit| edit["range"]["start"]["line"].clone())
            .collect()
    };
    let answer = rename("data.phone", 0, 7, "number");
    assert_eq!(lines(&answer, "one.yaml"), [4, 7, 11, 15], "declaration, two uses, the test's input: {answer}");
    let answer = rename("contact: {", 0, 2, "person");
    assert_eq!(lines(&answer, "one.yaml"), [8, 10, 11, 12], "{answer}");
    let answer = rename("auth.key", 0, 6, "secret");
    assert_eq!(
        (lines(&answer, "one.yaml"), lines(&answer, "service.yaml")),
        (vec![json!(11), json!(15)], vec![json!(4), json!(6)]),
        "{answer}"
    );
    assert_eq!(rename("data.phone", 0, 7, "not a name")["error"]["code"], -32803);
    let asked = json!({ "textDocument": { "uri": action }, "position": position(ONE, "title", 0, 1) });
    assert_eq!(editor.ask("textDocument/prepareRename", asked)["error"]["code"], -32803);
    let asked = json!({ "textDocument": { "uri": action }, "position": position(ONE, "vars.contact", 0, 7) });
    assert_eq!(editor.ask("textDocument/prepareRename", asked)["result"]["placeholder"], "contact");
}
