//! What an author probably meant where a path stops being one.
//!
//! Looks at the text around the place only; the parser found it.

/// Advice for a path that cannot be read past `before`.
pub(super) fn advice(before: &str, rest: &str) -> Option<String> {
    let name_end = rest.find(['.', '[', ']', ' ', '=', '<', '>', '!', ')', '&', '|', ',']).unwrap_or(rest.len());
    let name = rest.get(..name_end).unwrap_or_default();
    let word_start = before.rfind(['.', '[', ' ', '(', '?', '@', '$']).map_or(0, |at| at + 1);
    let word = before.get(word_start..).unwrap_or_default();
    if before.ends_with('.') && rest.starts_with('[') {
        return Some("leave out the `.` before `[`".to_owned());
    }
    if rest.starts_with('-') && !word.is_empty() {
        return Some(format!("a name with a hyphen is written `['{word}{name}']`"));
    }
    if before.ends_with('[') && name.starts_with(|first: char| first.is_alphabetic() || first == '_') {
        return Some(format!("a name in brackets needs quotes: `['{name}']`"));
    }
    if before.ends_with('[') && rest.starts_with('(') {
        return Some("scripts are not part of JSONPath; a filter is written `[?@.name == 'x']`".to_owned());
    }
    if before.ends_with('.') && name.starts_with(|first: char| first.is_ascii_digit()) {
        return Some(format!("an index is written `[{name}]`, a name that begins with a digit `['{name}']`"));
    }
    if rest.starts_with("=~") || rest.starts_with("~=") {
        return Some("for a pattern write `match(@.name, 'a.*')` or `search(@.name, 'a')`".to_owned());
    }
    (rest.starts_with('=') && !rest.starts_with("==")).then(|| "equality is `==`".to_owned())
}
