//! A definition's keys and where they stand, from lines and indentation: also of a file that is being typed.
//!
//! Never fails: what cannot be read is passed over.

use std::ops::Range;

/// Keys of one file, in their order; every key comes after the one that it stands below.
#[derive(Debug, Default)]
pub(super) struct Outline {
    pub(super) entries: Vec<Entry>,
}

/// One key, or one item of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// The key it stands below.
    pub(super) parent: Option<usize>,
    /// Its name; `[]` for an item.
    pub(super) key: String,
    /// Where the name stands, without quotes.
    pub(super) at: Range<usize>,
    /// Where its value stands, as far as it goes.
    pub(super) value: Range<usize>,
    /// Column of the key in its line, for keys with a line of their own.
    indent: usize,
    /// Whether it stands between brackets.
    flow: bool,
}

impl Outline {
    /// Reads a text.
    pub(super) fn of(text: &str) -> Self {
        let mut reader = Reader { text, entries: Vec::new(), open: Vec::new() };
        reader.read();
        Self { entries: reader.entries }
    }

    /// The names from the top to an entry, itself included.
    pub(super) fn path(&self, index: usize) -> Vec<&str> {
        let mut path = Vec::new();
        let mut next = Some(index);
        while let Some(entry) = next.and_then(|index| self.entries.get(index)) {
            path.push(entry.key.as_str());
            next = entry.parent;
        }
        path.reverse();
        path
    }

    /// The entry at a path from the top.
    pub(super) fn find(&self, path: &[&str]) -> Option<usize> {
        let mut parent = None;
        for name in path {
            parent = Some(
                self.children(parent).find(|index| self.entries.get(*index).is_some_and(|entry| entry.key == *name))?,
            );
        }
        parent
    }

    /// The entries that stand directly below one, or at the top.
    pub(super) fn children(&self, parent: Option<usize>) -> impl Iterator<Item = usize> + '_ {
        self.entries.iter().enumerate().filter(move |(_, entry)| entry.parent == parent).map(|(index, _)| index)
    }

    /// The entry whose name stands at a byte.
    pub(super) fn key_at(&self, offset: usize) -> Option<usize> {
        self.entries.iter().position(|entry| entry.at.start <= offset && offset <= entry.at.end && entry.key != "[]")
    }

    /// The entry in whose value a byte stands, the innermost.
    pub(super) fn value_at(&self, offset: usize) -> Option<usize> {
        self.entries.iter().rposition(|entry| entry.value.start <= offset && offset <= entry.value.end)
    }

    /// The entry that a key typed at a byte would stand below; the whole file if none.
    pub(super) fn parent_at(&self, text: &str, offset: usize) -> Option<usize> {
        let within = self.entries.iter().rposition(|entry| {
            let opens = text.get(entry.value.clone()).is_some_and(|value| value.starts_with(['{', '[']));
            opens && entry.value.start < offset && offset <= entry.value.end.max(entry.value.start + 1)
        });
        if within.is_some() {
            return within;
        }
        let line_start = text.get(..offset).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
        let line = text.get(line_start..offset).unwrap_or_default();
        // A dash makes what follows it stand deeper.
        let dashes = line.chars().take_while(|c| matches!(c, ' ' | '-')).count();
        let has_dash = line.get(..dashes).is_some_and(|head| head.contains('-'));
        if has_dash {
            return self
                .entries
                .iter()
                .rposition(|entry| entry.key == "[]" && entry.at.start >= line_start && entry.at.start < offset);
        }
        let indent = line.chars().take_while(|c| *c == ' ').count();
        self.entries
            .iter()
            .rposition(|entry| {
                !entry.flow && entry.at.start < line_start && entry.indent < indent && entry.value.end >= entry.at.start
            })
            .filter(|index| self.is_open_at(*index, line_start, indent))
    }

    /// Whether nothing between an entry and a line stands less deep than the line.
    fn is_open_at(&self, index: usize, line_start: usize, indent: usize) -> bool {
        let after = self.entries.iter().enumerate().skip(index + 1);
        !after
            .filter(|(_, entry)| !entry.flow && entry.at.start < line_start)
            .any(|(_, entry)| entry.indent + 1 < indent && entry.parent.is_none())
    }
}

struct Reader<'t> {
    text: &'t str,
    entries: Vec<Entry>,
    /// Keys with lines of their own that are not ended yet.
    open: Vec<usize>,
}

impl Reader<'_> {
    fn read(&mut self) {
        let mut at = 0;
        while at < self.text.len() {
            at = self.line(at);
        }
        self.close(0, self.text.len(), true);
    }

    fn rest(&self, at: usize) -> &str {
        self.text.get(at..).unwrap_or_default()
    }

    fn line_end(&self, at: usize) -> usize {
        self.rest(at).find('\n').map_or(self.text.len(), |length| at + length)
    }

    /// Reads one line, or the value that goes on below it; where the next begins.
    fn line(&mut self, start: usize) -> usize {
        let end = self.line_end(start);
        let line = self.text.get(start..end).unwrap_or_default();
        let mut column = line.len() - line.trim_start_matches(' ').len();
        let content = line.trim();
        if content.is_empty() || content.starts_with('#') || content == "---" {
            return end + 1;
        }
        loop {
            let rest = line.get(column..).unwrap_or_default();
            if rest == "-" || rest.starts_with("- ") {
                self.close(column, start, false);
                self.push("[]", start + column..start + column + 1, column, false);
                column += 1 + rest.get(1..).unwrap_or_default().chars().take_while(|c| *c == ' ').count();
                continue;
            }
            break;
        }
        let at = start + column;
        let Some((name, span, value)) = key(self.rest(at).get(..end - at.min(end)).unwrap_or_default()) else {
            // An item without keys, a line of a text, or a key that is being typed.
            return self.value(at, column, end);
        };
        self.close(column, start, true);
        let index = self.push(&name, at + span.start..at + span.end, column, false);
        let value_at = at + value;
        let blanks = self.rest(value_at).chars().take_while(|c| *c == ' ').count();
        let begins = (value_at + blanks).min(end);
        if let Some(entry) = self.entries.get_mut(index) {
            entry.value = begins..end;
        }
        self.value(begins, column, end)
    }

    /// Reads the value at a byte; where the next line begins.
    fn value(&mut self, at: usize, indent: usize, end: usize) -> usize {
        let first = self.rest(at).chars().next();
        let parent = self.open.last().copied();
        match first {
            Some('{' | '[') => {
                let closed = self.flow(at, parent, 0);
                if let Some(entry) = parent.and_then(|index| self.entries.get_mut(index)) {
                    entry.value = at..closed;
                }
                self.line_end(closed) + 1
            }
            Some('|' | '>') => {
                let mut next = end + 1;
                while next < self.text.len() {
                    let line_end = self.line_end(next);
                    let line = self.text.get(next..line_end).unwrap_or_default();
                    let depth = line.len() - line.trim_start().len();
                    if !line.trim().is_empty() && depth <= indent {
                        break;
                    }
                    next = line_end + 1;
                }
                next
            }
            Some(quote @ ('"' | '\'')) => {
                let closed = self.quoted(at, quote).max(end.min(at + 1));
                self.line_end(closed.min(self.text.len())) + 1
            }
            _ => end + 1,
        }
    }

    /// Where a quoted text ends; at the end of its line if it is not closed within a few.
    fn quoted(&self, at: usize, quote: char) -> usize {
        let mut escaped = false;
        for (index, c) in self.rest(at).char_indices().skip(1).take(4000) {
            match c {
                c if c == quote && !escaped => return at + index + 1,
                '\\' if quote == '"' => escaped = !escaped,
                _ => escaped = false,
            }
        }
        self.line_end(at)
    }

    /// Reads a map or list between brackets; where it ends.
    fn flow(&mut self, at: usize, parent: Option<usize>, depth: usize) -> usize {
        let is_map = self.rest(at).starts_with('{');
        let closing = if is_map { '}' } else { ']' };
        let mut here = at + 1;
        while here < self.text.len() && depth < 40 {
            let Some(c) = self.rest(here).chars().next() else { break };
            match c {
                ' ' | '\n' | '\r' | '\t' | ',' => here += 1,
                '#' => here = self.line_end(here),
                c if c == closing => return here + 1,
                '}' | ']' => return here,
                _ if is_map => {
                    let line = self.rest(here).get(..self.line_end(here) - here).unwrap_or_default();
                    let Some((name, span, value)) = key(line) else {
                        // A key that is being typed: over to the next comma or the end.
                        here += line.find([',', '}', ']']).unwrap_or(line.len()).max(1);
                        continue;
                    };
                    // A line below that looks like a key of the outside is one: the bracket was never closed.
                    let index = self.push_flow(&name, here + span.start..here + span.end, parent);
                    let mut value_at = here + value;
                    while self.rest(value_at).starts_with([' ', '\n']) {
                        value_at += 1;
                    }
                    here = self.flow_value(value_at, index, depth);
                }
                _ => {
                    let index = self.push_flow("[]", here..here, parent);
                    here = self.flow_value(here, index, depth);
                }
            }
        }
        here.min(self.text.len())
    }

    fn flow_value(&mut self, at: usize, index: usize, depth: usize) -> usize {
        let end = match self.rest(at).chars().next() {
            Some('{' | '[') => self.flow(at, Some(index), depth + 1),
            Some(quote @ ('"' | '\'')) => self.quoted(at, quote),
            _ => {
                let line = self.rest(at).get(..self.line_end(at) - at).unwrap_or_default();
                at + line.find([',', '}', ']']).unwrap_or(line.len())
            }
        };
        if let Some(entry) = self.entries.get_mut(index) {
            entry.value = at..end;
        }
        end.max(at)
    }

    fn push(&mut self, name: &str, at: Range<usize>, indent: usize, flow: bool) -> usize {
        let parent = self.open.last().copied();
        let index = self.entries.len();
        self.entries.push(Entry { parent, key: name.to_owned(), value: at.end..at.end, at, indent, flow });
        self.open.push(index);
        index
    }

    fn push_flow(&mut self, name: &str, at: Range<usize>, parent: Option<usize>) -> usize {
        let index = self.entries.len();
        self.entries.push(Entry {
            parent,
            key: name.to_owned(),
            value: at.end..at.end,
            at,
            indent: usize::MAX,
            flow: true,
        });
        index
    }

    /// Ends what does not hold a line at this column.
    fn close(&mut self, column: usize, line_start: usize, for_key: bool) {
        while let Some(last) = self.open.last().copied() {
            let Some(entry) = self.entries.get_mut(last) else { break };
            let ends = entry.indent > column || (entry.indent == column && (for_key || entry.key == "[]"));
            if !ends {
                break;
            }
            entry.value.end = entry.value.end.max(line_start.saturating_sub(1)).max(entry.value.start);
            self.open.pop();
        }
    }
}

/// The key at the beginning of a text: its name, where it stands, and where its value begins.
fn key(text: &str) -> Option<(String, Range<usize>, usize)> {
    let first = text.chars().next()?;
    if matches!(first, '"' | '\'') {
        let close = text.get(1..)?.find(first)? + 1;
        let after = text.get(close + 1..)?;
        let blanks = after.len() - after.trim_start_matches(' ').len();
        let is_key = after.trim_start_matches(' ').starts_with(':');
        return is_key.then(|| (text.get(1..close).unwrap_or_default().to_owned(), 1..close, close + 1 + blanks + 1));
    }
    if matches!(first, '{' | '[' | '}' | ']' | '#' | '|' | '>' | '&' | '*' | '!') {
        return None;
    }
    let mut at = 0;
    for (index, c) in text.char_indices() {
        match c {
            ':' if text.get(index + 1..).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\r', '\n'])) => {
                at = index;
                break;
            }
            ',' | '}' | ']' | '{' | '"' => return None,
            '#' if index > 0 && text.get(..index).is_some_and(|before| before.ends_with(' ')) => return None,
            _ => {}
        }
    }
    let name = text.get(..at)?.trim_end();
    (!name.is_empty()).then(|| (name.to_owned(), 0..name.len(), at + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every path of a text, and the path below which a key would stand at `$0`.
    #[track_caller]
    fn check(marked: &str, paths: &[&str], parent: &str) {
        let offset = marked.find("$0").expect("a cursor");
        let text = marked.replacen("$0", "", 1);
        let outline = Outline::of(&text);
        let found: Vec<String> = (0..outline.entries.len()).map(|index| outline.path(index).join(".")).collect();
        assert_eq!(found, paths);
        let below = outline.parent_at(&text, offset).map(|index| outline.path(index).join("."));
        assert_eq!(below.unwrap_or_default(), parent);
    }

    #[test]
    fn blocks_and_brackets_are_one_tree() {
        check(
            "a:\n  b: 1\n  $0\nc: { d: { e: 1 }, f: [x, { g: 2 }] }\n",
            &["a", "a.b", "c", "c.d", "c.d.e", "c.f", "c.f.[]", "c.f.[]", "c.f.[].g"],
            "a",
        );
        check("a: { b: 1, $0 }\n", &["a", "a.b"], "a");
        check("a: { b: { c: 1, $0\nd: 1\n", &["a", "a.b", "a.b.c", "a.b.d"], "a.b");
    }

    #[test]
    fn items_of_lists_hold_keys() {
        check(
            "s:\n  - id: a\n    x: 1\n  - id: b\n    $0\n",
            &["s", "s.[]", "s.[].id", "s.[].x", "s.[]", "s.[].id"],
            "s.[]",
        );
        check("s:\n- id: a\n- $0\n", &["s", "s.[]", "s.[].id", "s.[]"], "s.[]");
    }

    #[test]
    fn texts_are_not_read_as_keys() {
        check("a: |\n  b: 1\n  c: 2\nd: \"x: {\"\ne: 'y'\n$0", &["a", "d", "e"], "");
        check("a: # b: 1\n  # c: 2\n  d: 1\n$0", &["a", "a.d"], "");
    }

    #[test]
    fn a_key_that_is_being_typed_is_passed_over() {
        check("request:\n  path: /x\n  meth$0\nresponse: {}\n", &["request", "request.path", "response"], "request");
        check("version: 1\nre$0", &["version"], "");
        check("input: { data: { a: {}, b$0 } }\n", &["input", "input.data", "input.data.a"], "input.data");
    }

    #[test]
    fn values_are_known_by_place() {
        let text = "a:\n  b: hello\nc: { d: \"{{data.x}}\" }\n";
        let outline = Outline::of(text);
        let at = |what: &str| outline.value_at(text.find(what).unwrap()).map(|index| outline.path(index).join("."));
        assert_eq!(at("ello").as_deref(), Some("a.b"));
        assert_eq!(at("data.x").as_deref(), Some("c.d"));
        assert_eq!(
            outline.key_at(text.find('d').unwrap()).map(|index| outline.path(index).join(".")).as_deref(),
            Some("c.d")
        );
    }
}
