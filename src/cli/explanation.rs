//! What a call did, in words: for `run --explain` and `run --dry-run`.

use crate::call::{Captured, Event, SeenAnswer, SentRequest};

/// A request as it would go over the wire, credentials masked.
pub(super) fn request_text(request: &SentRequest) -> String {
    let mut text = format!("{} {}\n", request.method, request.url);
    for (name, value) in &request.headers {
        text.push_str(&format!("{name}: {value}\n"));
    }
    if let Some(body) = &request.body {
        text.push_str(&format!("\n{body}\n"));
    }
    text
}

/// Everything that happened, in its order.
pub(super) fn explanation(events: &[Event]) -> String {
    let mut text = String::new();
    // The widest name of a step's captures, so that they stand below one another.
    let width = events
        .iter()
        .filter_map(|event| if let Event::Captured(captured) = event { Some(captured.name.len()) } else { None })
        .max()
        .unwrap_or_default();
    for event in events {
        match event {
            Event::Began { step } => text.push_str(&format!("step `{step}`\n")),
            Event::Skipped { step } => text.push_str(&format!("step `{step}`: skipped, its condition does not hold\n")),
            Event::TokenKept => text.push_str("  the access token of an earlier call is used\n"),
            Event::TokenFetched => text.push_str("  an access token is fetched:\n"),
            Event::Sent(request) => {
                text.push_str("  → ");
                text.push_str(&indented(&request_text(request)));
            }
            Event::ServiceAnswer { result: Ok(answer), milliseconds } => {
                text.push_str(&format!("  ← {} after {milliseconds} ms\n", answer.status));
                text.push_str(&answer_text(answer));
            }
            Event::ServiceAnswer { result: Err(reason), milliseconds } => {
                text.push_str(&format!("  ← nothing, after {milliseconds} ms: {reason}\n"));
            }
            Event::Waited { milliseconds } => text.push_str(&format!("  waited {milliseconds} ms, and once more:\n")),
            Event::Succeeded => text.push_str("  a success\n"),
            Event::Failed { rule: Some(rule) } => {
                text.push_str(&format!("  a failure; the rule that matched: {rule}\n"));
            }
            Event::Failed { rule: None } => text.push_str("  a failure; no rule of `errors` matched\n"),
            Event::Captured(captured) => text.push_str(&captured_text(captured, width)),
        }
    }
    text
}

fn captured_text(captured: &Captured, width: usize) -> String {
    let found = match (&captured.found, &captured.near) {
        (Some((kind, value)), _) => format!("{kind} {value}"),
        (None, Some(near)) => format!("nothing; {near}"),
        (None, None) => "nothing".to_owned(),
    };
    format!("  {:width$}  {} → {found}\n", captured.name, captured.source)
}

fn answer_text(answer: &SeenAnswer) -> String {
    let mut text = String::new();
    for (name, value) in &answer.headers {
        text.push_str(&format!("    {name}: {value}\n"));
    }
    if let Some(body) = &answer.body {
        text.push('\n');
        body.lines().for_each(|line| text.push_str(&format!("    {line}\n")));
    }
    text
}

/// Every line but the first is indented below it.
fn indented(text: &str) -> String {
    let mut lines = text.lines();
    let mut result = format!("{}\n", lines.next().unwrap_or_default());
    for line in lines {
        result.push_str(if line.is_empty() { "\n" } else { "    " });
        if !line.is_empty() {
            result.push_str(line);
            result.push('\n');
        }
    }
    result
}
