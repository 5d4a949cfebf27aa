//! What stands at a byte of a definition: a reference, the word of a template, a key, a value.

use std::ops::Range;

use super::outline::Outline;

/// The roots of references.
pub(super) const ROOTS: [&str; 8] = ["auth", "data", "meta", "vars", "response", "token", "secrets", "idempotency_key"];

/// Keys below which a bare word is a reference.
const BARE: [&str; 4] = ["when", "$when", "in", "ref"];

/// `data.subject`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reference {
    pub(super) root: String,
    pub(super) name: String,
    /// Where the name stands, without its root.
    pub(super) at: Range<usize>,
}

/// Whether a byte stands between `{{` and `}}`.
pub(super) fn in_template(text: &str, offset: usize) -> bool {
    let before = text.get(..offset).unwrap_or_default();
    let (open, close) = (before.rfind("{{"), before.rfind("}}"));
    open.is_some_and(|open| {
        close.is_none_or(|close| close < open) && before.get(open..).is_some_and(|inner| inner.len() < 2000)
    })
}

/// The word around a byte: letters, digits, `_`, `.` and `#`.
pub(super) fn word(text: &str, offset: usize) -> Range<usize> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '#');
    let before = text.get(..offset).unwrap_or_default();
    let start = before.len() - before.chars().rev().take_while(|c| is_part(*c)).map(char::len_utf8).sum::<usize>();
    let after = text.get(offset..).unwrap_or_default();
    start..offset + after.chars().take_while(|c| is_part(*c)).map(char::len_utf8).sum::<usize>()
}

/// The reference at a byte.
pub(super) fn reference(text: &str, outline: &Outline, offset: usize) -> Option<Reference> {
    references(text, outline)
        .into_iter()
        .find(|found| found.at.start.saturating_sub(found.root.len() + 1) <= offset && offset <= found.at.end)
}

/// Every reference of a file, outside of comments, in templates and where conditions stand.
pub(super) fn references(text: &str, outline: &Outline) -> Vec<Reference> {
    let mut found = Vec::new();
    for root in ROOTS {
        let mark = format!("{root}.");
        for (start, _) in text.match_indices(&mark) {
            let before = text.get(..start).and_then(|before| before.chars().next_back());
            // `$.data.x` is a path into an answer.
            if before.is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '$')) {
                continue;
            }
            let name_at = start + mark.len();
            let rest = text.get(name_at..).unwrap_or_default();
            let length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            let name = rest.get(..length).unwrap_or_default();
            if name.is_empty() || in_comment(text, start) || !(in_template(text, start) || is_bare(outline, start)) {
                continue;
            }
            found.push(Reference { root: root.to_owned(), name: name.to_owned(), at: name_at..name_at + length });
        }
    }
    found.sort_by_key(|reference| reference.at.start);
    found
}

/// Whether a bare word at a byte is a reference.
pub(super) fn is_bare(outline: &Outline, offset: usize) -> bool {
    outline.value_at(offset).is_some_and(|index| {
        let path = outline.path(index);
        path.iter().any(|key| BARE.contains(key)) && path.first() != Some(&"tests")
    })
}

fn in_comment(text: &str, offset: usize) -> bool {
    let line = text.get(..offset).map(|before| before.rsplit('\n').next().unwrap_or_default()).unwrap_or_default();
    let mut quote = None;
    let mut previous = ' ';
    for c in line.chars() {
        match (quote, c) {
            (None, '#') if previous == ' ' => return true,
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if c == open && previous != '\\' => quote = None,
            _ => {}
        }
        previous = c;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_stand_in_templates_and_conditions() {
        let text = "# data.z\nwhen: { present: data.a }\njson: { x: \"{{upper data.b}} data.c\", y: $.data.d }\ndescription: data.e\n";
        let found = references(text, &Outline::of(text));
        let names: Vec<String> = found.iter().map(|one| format!("{}.{}", one.root, one.name)).collect();
        assert_eq!(names, ["data.a", "data.b"]);
    }

    #[test]
    fn a_word_is_taken_whole() {
        let text = "{{upper data.name}}";
        assert_eq!(&text[word(text, 10)], "data.name");
        assert!(in_template(text, 10) && !in_template(text, text.len()));
    }
}
