//! What the parser found wrong → what the author should do. Only chooses sentences.

use serde_yaml::granit_parser::ErrorKind;

/// Message and help for `kind`.
pub(super) fn explain(kind: &ErrorKind) -> (String, String) {
    let (message, help) = match kind {
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabAtBlockScalarStart
        | ErrorKind::TabInPlainScalar => ("Tabs cannot indent YAML.", "use spaces"),
        ErrorKind::UnclosedQuotedScalar => ("This quote is not closed.", "close it, or double it inside: 'it''s'"),
        ErrorKind::UnclosedFlowCollection { .. } => ("This bracket is not closed.", "close it with `}` or `]`"),
        ErrorKind::MappingValueNotAllowed => {
            ("There is a second `: ` on this line.", "put the value in quotes if it holds `: `")
        }
        ErrorKind::UnknownAnchor => ("This alias names no anchor before it.", "define it above with `&name`"),
        ErrorKind::RecursionLimitExceeded => ("The file nests too deep.", "a definition needs at most 32 levels"),
        ErrorKind::UndeclaredTagHandle
        | ErrorKind::ExpectedTagBang
        | ErrorKind::InvalidTagTerminator
        | ErrorKind::MissingTagUri
        | ErrorKind::UnclosedVerbatimTag => ("Tags such as `!name` mean nothing here.", "remove the tag"),
        ErrorKind::UnknownQuotedScalarEscape => (
            "This text in `\"` has a `\\` that begins no escape.",
            "double it: `\\\\`, or use single quotes, which know no escapes",
        ),
        ErrorKind::InvalidTrailingSingleQuotedScalar | ErrorKind::InvalidTrailingDoubleQuotedScalar => (
            "There is more after the closing quote.",
            "put the whole value inside the quotes; double a quote inside: 'it''s'",
        ),
        ErrorKind::UnexpectedCharacter { .. } => {
            ("A plain value cannot begin with this character.", "put the value in quotes")
        }
        other => {
            return (sentence(&other.to_string()), "check the indentation and the quotes around this place".to_owned());
        }
    };
    (message.to_owned(), help.to_owned())
}

/// The parser's own words, as a sentence.
fn sentence(text: &str) -> String {
    let mut sentence = text.trim_end_matches('.').to_owned();
    if let Some(first) = sentence.get(..1).map(str::to_uppercase) {
        sentence.replace_range(..1, &first);
    }
    sentence.push('.');
    sentence
}

/// What is often wrong in a line that is no YAML, whatever the parser says of it.
pub(super) fn frequent_mistake(line: &str) -> Option<(&'static str, &'static str)> {
    if begins_with_template(line) {
        return Some((
            "A value that begins with `{{` is a YAML map unless it is quoted.",
            "put the template in quotes: \"{{data.x}}\"",
        ));
    }
    has_unquoted_path(line).then_some((
        "A path with brackets inside `{ }` or `[ ]` needs quotes.",
        "for example { path: \"$.items[0].id\" }",
    ))
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
