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
