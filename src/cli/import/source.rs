//! The text that is imported, and the values of it that become inputs.

use std::io::Read;

use crate::authoring::sample::Wish;

/// A file's text, or what comes on standard input.
pub(super) fn text_of(path: &str) -> Result<String, String> {
    if path != "-" {
        return std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"));
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).map_err(|error| format!("standard input: {error}"))?;
    Ok(text)
}

/// `all`, `subject`, `ticket.subject`, `body=ticket.comment.body`
pub(super) fn wish(text: &str) -> Wish {
    match text.split_once('=') {
        None if text == "all" => Wish::All,
        None => Wish::At { name: None, path: text.to_owned() },
        Some((name, path)) => Wish::At { name: Some(name.to_owned()), path: path.to_owned() },
    }
}
