//! The protocol: requests in, answers and notifications out.
//!
//! Decides nothing about definitions.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;

use serde_json::{Value, json};

use super::completion::completion;
use super::definition::definition;
use super::diagnostics::diagnostics;
use super::frame;
use super::hover::hover;
use super::page::Page;
use super::place::Encoding;
use super::rename::{rename, subject};
use super::workspace::{Workspace, address_of, canonical, path_of};
use crate::catalog::Operator;

const INVALID_REQUEST: i32 = -32600;
const METHOD_NOT_FOUND: i32 = -32601;
const REQUEST_FAILED: i32 = -32803;

/// What is answered about a place in a file.
const ASKED: [&str; 5] = ["hover", "completion", "definition", "prepareRename", "rename"];

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// After `shutdown` and `exit`.
    RequestMetadata,
    /// The client left without a word.
    Abandoned,
}

/// Speaks with one client until it leaves; `directory` is taken from the client's own root if it is relative.
///
/// # Errors
/// If one of the streams breaks, or does not hold messages.
pub fn serve(
    directory: &Path,
    operator: Operator,
    input: impl BufRead + Send + 'static,
    output: impl Write,
) -> io::Result<Ending> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || forward(input, &sender));
    let mut session = Session {
        output,
        workspace: Workspace::new(directory, operator),
        encoding: Encoding::default(),
        addresses: BTreeMap::new(),
        published: BTreeMap::new(),
        stale: false,
        ending: Ending::Abandoned,
    };
    while let Ok(first) = receiver.recv() {
        // Compiling waits until everything that was typed meanwhile is in.
        for message in std::iter::once(first).chain(receiver.try_iter()) {
            if !session.take(&message?)? {
                return Ok(session.ending);
            }
        }
        session.publish()?;
    }
    Ok(session.ending)
}

fn forward(mut input: impl BufRead, sender: &mpsc::Sender<io::Result<Value>>) {
    loop {
        let message = match frame::read(&mut input) {
            Ok(None) => return,
            Ok(Some(message)) => Ok(message),
            Err(error) => Err(error),
        };
        let broken = message.is_err();
        if sender.send(message).is_err() || broken {
            return;
        }
    }
}

struct Session<W> {
    output: W,
    workspace: Workspace,
    encoding: Encoding,
    /// Open files under the addresses that the client gave them.
    addresses: BTreeMap<PathBuf, String>,
    published: BTreeMap<PathBuf, Vec<Value>>,
    stale: bool,
    ending: Ending,
}

impl<W: Write> Session<W> {
    /// Takes one message; whether the session goes on.
    fn take(&mut self, message: &Value) -> io::Result<bool> {
        let null = Value::Null;
        let method = message.get("method").and_then(Value::as_str).unwrap_or_default();
        let parameters = message.get("params").unwrap_or(&null);
        let Some(id) = message.get("id") else {
            if method == "exit" {
                return Ok(false);
            }
            self.notice(method, parameters);
            return Ok(true);
        };
        if method.is_empty() {
            return Ok(true);
        }
        let mut answer = json!({ "jsonrpc": "2.0", "id": id });
        let (key, value) = match self.answer(method, parameters) {
            Ok(result) => ("result", result),
            Err((code, text)) => ("error", json!({ "code": code, "message": text })),
        };
        if let Some(answer) = answer.as_object_mut() {
            answer.insert(key.to_owned(), value);
        }
        frame::write(&mut self.output, &answer)?;
        Ok(true)
    }

    fn answer(&mut self, method: &str, parameters: &Value) -> Result<Value, (i32, String)> {
        if self.ending == Ending::RequestMetadata {
            return Err((INVALID_REQUEST, "The server has been shut down.".to_owned()));
        }
        match method {
            "initialize" => Ok(self.initialize(parameters)),
            "shutdown" => {
                self.ending = Ending::RequestMetadata;
                Ok(Value::Null)
            }
            _ => {
                let asked = method.strip_prefix("textDocument/").filter(|asked| ASKED.contains(asked));
                match asked {
                    Some(asked) => self.about(asked, parameters),
                    None => Err((METHOD_NOT_FOUND, format!("`{method}` is not something this server answers."))),
                }
            }
        }
    }

    /// What is asked about a place in a file.
    fn about(&self, asked: &str, parameters: &Value) -> Result<Value, (i32, String)> {
        let path = parameters.pointer("/textDocument/uri").and_then(Value::as_str).and_then(path_of);
        let Some(page) = path.and_then(|path| self.workspace.page(&path)) else { return Ok(Value::Null) };
        let text = &page.own.text;
        let position = parameters.get("position").unwrap_or(&Value::Null);
        let Some(offset) = self.encoding.offset(text, position) else { return Ok(Value::Null) };
        match asked {
            "hover" => Ok(hover(&page, offset)
                .map_or(Value::Null, |value| json!({ "contents": { "kind": "markdown", "value": value } }))),
            "completion" => Ok(Value::Array(completion(&page, offset))),
            "definition" => {
                Ok(definition(&page, offset).map_or(Value::Null, |(path, at)| self.location(&page, &path, &at)))
            }
            "prepareRename" => match subject(&page, offset) {
                Some(found) => Ok(json!({ "range": self.encoding.range(text, &found.at), "placeholder": found.name })),
                None => Err((REQUEST_FAILED, "Only inputs and captures can be renamed.".to_owned())),
            },
            _ => {
                let new = parameters.get("newName").and_then(Value::as_str).unwrap_or_default();
                let found = subject(&page, offset)
                    .ok_or((REQUEST_FAILED, "Only inputs and captures can be renamed.".to_owned()))?;
                let places = rename(&page, &found, new).map_err(|reason| (REQUEST_FAILED, reason))?;
                let mut changes = serde_json::Map::new();
                for sheet in page.sheets() {
                    let Some(places) = places.get(&sheet.path) else { continue };
                    let edits = places
                        .iter()
                        .map(|at| json!({ "range": self.encoding.range(&sheet.text, at), "newText": new }));
                    changes.insert(self.address(&sheet.path), edits.collect());
                }
                Ok(json!({ "changes": changes }))
            }
        }
    }

    fn location(&self, page: &Page, path: &Path, at: &std::ops::Range<usize>) -> Value {
        let text = page.sheets().find(|sheet| sheet.path == path).map(|sheet| sheet.text.as_str()).unwrap_or_default();
        json!({ "uri": self.address(path), "range": self.encoding.range(text, at) })
    }

    /// The address of a file, as the client gave it if it did.
    fn address(&self, path: &Path) -> String {
        self.addresses.get(&canonical(path)).cloned().or_else(|| address_of(path)).unwrap_or_default()
    }

    fn initialize(&mut self, parameters: &Value) -> Value {
        self.encoding = Encoding::negotiate(parameters.pointer("/capabilities/general/positionEncodings"));
        let folder = parameters.pointer("/workspaceFolders/0/uri").or_else(|| parameters.get("rootUri"));
        if let Some(folder) = folder.and_then(Value::as_str).and_then(path_of) {
            self.workspace.stand_in(&folder);
        }
        self.stale = true;
        json!({
            "capabilities": {
                "positionEncoding": self.encoding.name(),
                "textDocumentSync": { "openClose": true, "change": 2, "save": true },
                "hoverProvider": true,
                "completionProvider": { "triggerCharacters": [".", "{", " "] },
                "definitionProvider": true,
                "renameProvider": { "prepareProvider": true },
            },
            "serverInfo": { "name": "action-executor", "version": env!("CARGO_PKG_VERSION") },
        })
    }

    fn notice(&mut self, method: &str, parameters: &Value) {
        if method == "workspace/didChangeWatchedFiles" || method == "textDocument/didSave" {
            self.stale = true;
            return;
        }
        let Some(address) = parameters.pointer("/textDocument/uri").and_then(Value::as_str) else { return };
        let Some(path) = path_of(address).map(|path| canonical(&path)) else { return };
        match method {
            "textDocument/didOpen" => {
                let text = parameters.pointer("/textDocument/text").and_then(Value::as_str).unwrap_or_default();
                self.workspace.write(&path, text.to_owned());
                self.addresses.insert(path, address.to_owned());
            }
            "textDocument/didChange" => {
                let mut text = self.workspace.text(&path).unwrap_or_default();
                for change in parameters.get("contentChanges").and_then(Value::as_array).into_iter().flatten() {
                    self.change(&mut text, change);
                }
                self.workspace.write(&path, text);
            }
            "textDocument/didClose" => {
                self.workspace.close(&path);
                self.addresses.remove(&path);
            }
            _ => return,
        }
        self.stale = true;
    }

    /// One change: the whole text, or a range of it.
    fn change(&self, text: &mut String, change: &Value) {
        let new = change.get("text").and_then(Value::as_str).unwrap_or_default();
        let at = |key| change.pointer(key).and_then(|position| self.encoding.offset(text, position));
        match (at("/range/start"), at("/range/end")) {
            (Some(start), Some(end)) if start <= end => text.replace_range(start..end, new),
            _ => new.clone_into(text),
        }
    }

    /// Tells the problems of every file whose problems are others than told before.
    fn publish(&mut self) -> io::Result<()> {
        if !std::mem::take(&mut self.stale) {
            return Ok(());
        }
        let found = match diagnostics(&self.workspace, self.encoding) {
            Ok(found) => found,
            Err(error) => {
                let parameters = json!({ "type": 2, "message": error.to_string() });
                let told = json!({ "jsonrpc": "2.0", "method": "window/logMessage", "params": parameters });
                frame::write(&mut self.output, &told)?;
                BTreeMap::new()
            }
        };
        let before = std::mem::replace(&mut self.published, found);
        let none = Vec::new();
        let paths: std::collections::BTreeSet<&PathBuf> = before.keys().chain(self.published.keys()).collect();
        for path in paths {
            let (old, new) = (before.get(path), self.published.get(path));
            let address = self.addresses.get(path).cloned().or_else(|| address_of(path));
            let Some(address) = address.filter(|_| old != new) else { continue };
            let parameters = json!({ "uri": address, "diagnostics": new.unwrap_or(&none) });
            let told = json!({ "jsonrpc": "2.0", "method": "textDocument/publishDiagnostics", "params": parameters });
            frame::write(&mut self.output, &told)?;
        }
        Ok(())
    }
}
