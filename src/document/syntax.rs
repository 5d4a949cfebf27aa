//! The parser's words for a syntax error → what the author should do.
//!
//! Only chooses sentences; knows the texts of the YAML crate's errors, which a test keeps current.

/// Message and help for the parser's `text` about a place in `line`.
pub(super) fn explain(text: &str, line: &str) -> (String, String) {
    let text_lower = text.to_ascii_lowercase();
    if begins_with_template(line) {
        return told(
            "A value that begins with `{{` is a YAML map unless it is quoted.",
            "put the template in quotes: \"{{data.x}}\"",
        );
    }
    if has_unquoted_path(line) {
        return told(
            "A path with brackets inside `{ }` or `[ ]` needs quotes.",
            "for example { path: \"$.items[0].id\" }",
        );
    }
    let known = CASES.iter().find(|(words, _, _)| words.iter().any(|word| text_lower.contains(word)));
    if let Some((_, message, help)) = known {
        return told(message, help);
    }
    let mut sentence = text.trim_end_matches('.').to_owned();
    if let Some(first) = sentence.get(..1).map(str::to_uppercase) {
        sentence.replace_range(..1, &first);
    }
    told(&format!("{sentence}."), "check the indentation and the quotes around this place")
}

/// Words of the crate's message, our message, our help; the first that fits.
const CASES: &[(&[&str], &str, &str)] = &[
    (&["a tab", "tab ", "tabs"], "Tabs cannot indent YAML.", "use spaces"),
    (&["unclosed quote"], "This quote is not closed.", "close it, or double it inside: 'it''s'"),
    (&["unclosed bracket"], "This bracket is not closed.", "close it with `}` or `]`"),
    (
        &["mapping values are not allowed"],
        "There is a second `: ` on this line.",
        "put the value in quotes if it holds `: `",
    ),
    (&["multiple yaml documents", "documents"], "A file holds one document.", "remove the `---`, or split the file"),
    (&["expected string scalar", "null into string"], "A key must be text.", "put it in quotes"),
    (&["unknown anchor"], "This alias names no anchor before it.", "define it above with `&name`"),
    (&["recursive", "cycl"], "This alias stands inside what it names.", "write the value out"),
    (
        &["budget", "limit"],
        "The file nests too deep, or uses too many nodes or aliases.",
        "a definition needs at most 32 levels",
    ),
    (&["tagged", "tag "], "Tags such as `!name` mean nothing here.", "remove the tag"),
    (
        &["non-finite"],
        "JSON has no such number.",
        "`.inf`, `.nan` and numbers beyond 1e308 cannot be sent; put it in quotes if it is text",
    ),
    (
        &["unknown escape"],
        "This text in `\"` has a `\\` that begins no escape.",
        "double it: `\\\\`, or use single quotes, which know no escapes",
    ),
    (
        &["trailing content"],
        "There is more after the closing quote.",
        "put the whole value inside the quotes; double a quote inside: 'it''s'",
    ),
    (&["unexpected character"], "A plain value cannot begin with this character.", "put the value in quotes"),
];

fn told(message: &str, help: &str) -> (String, String) {
    (message.to_owned(), help.to_owned())
}

/// Whether some `{{` stands where a value begins.
fn begins_with_template(line: &str) -> bool {
    line.match_indices("{{").any(|(at, _)| {
        let before = line.get(..at).unwrap_or_default().trim_end();
        before.is_empty() || before.ends_with([':', '-', ',', '[', '{'])
    })
}

/// Whether a path with brackets stands inside a flow map or list.
fn has_unquoted_path(line: &str) -> bool {
    line.match_indices('$').any(|(at, _)| {
        let (before, path) = line.split_at_checked(at).unwrap_or_default();
        let path = path.split([' ', ',', '}']).next().unwrap_or_default();
        before.contains(['{', '[']) && path.contains('[') && before.trim_end().ends_with([':', ',', '['])
    })
}
