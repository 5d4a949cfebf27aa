//! Finds the tags of a template before the parser sees it.
//!
//! The parser recurses without bound and takes quadratic time, so size, number and depth are
//! limited here; and it forgets where in a tag a name stands, so the offsets are kept.

use std::ops::Range;

use crate::diagnostic::{Code, Fault};

const MAX_SIZE: usize = 64 * 1024;
const MAX_TAGS: usize = 1000;
const MAX_DEPTH: usize = 32;

/// What a tag does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TagKind {
    /// `{{x}}`
    Value,
    /// `{{#if x}}`
    Open,
    /// `{{else if x}}`
    ElseIf,
    /// `{{else}}`, `{{^}}`
    Else,
    /// `{{/if}}`
    Close,
    /// `{{! … }}`
    Comment,
}

/// One tag.
#[derive(Clone, Debug)]
pub(super) struct Tag {
    pub(super) kind: TagKind,
    /// The whole tag, braces included.
    pub(super) at: Range<usize>,
    /// The expression inside, sigils and tildes left out.
    pub(super) inside: Range<usize>,
}

/// The tags of `text`, in order.
pub(super) fn scan(text: &str) -> Result<Vec<Tag>, Vec<Fault>> {
    if text.len() > MAX_SIZE {
        return Err(vec![Fault::new(
            Code::BadTemplate,
            0..1,
            format!("The template is longer than {} KiB.", MAX_SIZE / 1024),
        )]);
    }
    let mut tags = Vec::new();
    let mut faults = Vec::new();
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find("{{")) {
        let start = at + found;
        if text.get(..start).is_some_and(|before| before.ends_with('\\')) {
            // `\{{` is text up to the next tag, `\\{{` a backslash and a tag: neither reads well.
            faults.push(
                Fault::new(
                    Code::BadTemplate,
                    start - 1..start + 2,
                    "A backslash before `{{` is not understood alike everywhere.",
                )
                .help("a literal `{{` is written `{ $literal: \"…\" }`; for a text or a header in `set:`, as `{{vars.NAME}}`"),
            );
        }
        match scan_tag(text, start) {
            Ok((tag, end)) => {
                tags.push(tag);
                at = end;
            }
            Err(fault) => {
                faults.push(*fault);
                // Past a broken tag nothing certain can be said, but for one whose end is known.
                match text.get(start..).and_then(|rest| rest.find("}}")) {
                    Some(end) => at = start + end + 2,
                    None => break,
                }
            }
        }
        if tags.len() > MAX_TAGS {
            faults.push(Fault::new(
                Code::BadTemplate,
                start..start + 2,
                format!("The template has more than {MAX_TAGS} tags."),
            ));
            break;
        }
    }
    if faults.is_empty() {
        faults = check_nesting(text, &tags);
    }
    if faults.is_empty() { Ok(tags) } else { Err(faults) }
}

/// One tag from `{{` on, and the offset behind it.
fn scan_tag(text: &str, start: usize) -> Result<(Tag, usize), Box<Fault>> {
    let rest = text.get(start..).unwrap_or_default();
    let fault = |message: &str| Box::new(Fault::new(Code::BadTemplate, start..start + 2, message));
    if rest.starts_with("{{~!") {
        return Err(fault("A comment cannot take white space away."));
    }
    if rest.starts_with("{{!") {
        let (begin, close) = if rest.starts_with("{{!--") { (5, "--}}") } else { (3, "}}") };
        let end = rest.get(begin..).and_then(|comment| comment.find(close)).map(|end| begin + end);
        // Handlebars takes `{{!--}}` for a whole comment, the parser for the beginning of one.
        if begin == 5 && rest.get(3..).and_then(|rest| rest.find(close)).is_some_and(|at| at < 2) {
            return Err(fault("This comment is empty; remove it."));
        }
        let end = end.ok_or_else(|| fault(&format!("This comment is not closed; it ends with `{close}`.")))?;
        let comment = rest.get(begin..end).unwrap_or_default();
        if comment.ends_with('~') || comment.contains("--~}}") {
            return Err(fault("A comment cannot take white space away."));
        }
        let end = start + end + close.len();
        return Ok((Tag { kind: TagKind::Comment, at: start..end, inside: end..end }, end));
    }
    if rest.starts_with("{{{{") {
        return Err(fault("Raw blocks `{{{{ }}}}` are not part of the language."));
    }
    let inner = rest.trim_start_matches('{').trim_start_matches('~');
    if rest.starts_with("{{{") || inner.starts_with(['&', '{']) {
        return Err(Box::new(
            Fault::new(
                Code::UnescapedBraces,
                start..start + 3,
                "`{{{ }}}` and `{{& }}` cannot be used: every value is escaped for the place it stands in.",
            )
            .help("write `{{ }}`; nothing is HTML-escaped"),
        ));
    }
    let length = closing(rest).map_err(|open| match open.filter(|_| rest.contains("}}")) {
        Some(at) => Box::new(
            Fault::new(
                Code::BadTemplate,
                start + at..start + at + 1,
                "What begins here is not closed inside this tag.",
            )
            .help("a text ends with the quote it begins with, a name in brackets with `]`"),
        ),
        None => fault("This `{{` is not closed by `}}`.").helped(
            "where braces are meant, use `{ $literal: \"…\" }`; for a text or a header in `set:`, as `{{vars.NAME}}`",
        ),
    })?;
    if rest.get(length + 2..).is_some_and(|after| after.starts_with('}')) {
        // Handlebars takes `}}}` for the end of a `{{{`.
        return Err(Box::new(
            Fault::new(
                Code::BadTemplate,
                start + length..start + length + 3,
                "This tag is opened by `{{` and closed by `}}}`.",
            )
            .help("put a blank after `}}`, or write the brace as `{ $literal: \"…\" }` elsewhere"),
        ));
    }
    let body = start + 2..start + length;
    let inside = trimmed(text, body);
    let (kind, inside) = classify(text, inside)?;
    if kind == TagKind::Value && inside.is_empty() {
        return Err(
            fault("There is nothing between `{{` and `}}`.").helped("name a value, for example `{{data.subject}}`")
        );
    }
    let end = start + length + 2;
    Ok((Tag { kind, at: start..end, inside }, end))
}

trait Helped {
    fn helped(self, help: &str) -> Self;
}

impl Helped for Box<Fault> {
    fn helped(mut self, help: &str) -> Self {
        self.help = Some(help.to_owned());
        self
    }
}

/// Offset of the `}}` that closes a tag, not one inside a string; else of the quote or bracket that hides it.
fn closing(rest: &str) -> Result<usize, Option<usize>> {
    let mut quote: Option<(usize, char)> = None;
    let mut escaped = false;
    for (at, character) in rest.char_indices().skip(2) {
        match quote {
            Some(_) if escaped => escaped = false,
            Some((_, open)) if character == '\\' && open != ']' => escaped = true,
            Some((_, open)) if character == open => quote = None,
            Some(_) => {}
            None if character == '[' => quote = Some((at, ']')),
            None if matches!(character, '"' | '\'') => quote = Some((at, character)),
            None if rest.get(at..).is_some_and(|here| here.starts_with("}}")) => return Ok(at),
            None => {}
        }
    }
    Err(quote.map(|(at, _)| at))
}

/// Without the tilde and the blanks at both ends.
fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let body = text.get(range.clone()).unwrap_or_default();
    let front = body.strip_prefix('~').unwrap_or(body).trim_start();
    let back = front.strip_suffix('~').unwrap_or(front).trim_end();
    let start = range.start + body.len() - front.len();
    start..start + back.len()
}

fn classify(text: &str, inside: Range<usize>) -> Result<(TagKind, Range<usize>), Box<Fault>> {
    let body = text.get(inside.clone()).unwrap_or_default();
    let refuse = |message: &str| Err(Box::new(Fault::new(Code::BadTemplate, inside.clone(), message)));
    let after = |sigil: usize| {
        let rest = body.get(sigil..).unwrap_or_default().trim_start();
        inside.end - rest.len()..inside.end
    };
    if body.starts_with('>') {
        return refuse("Partials `{{> }}` are not part of the language.");
    }
    if body.starts_with('*') || body.starts_with("#*") || body.starts_with("#>") {
        return refuse("Decorators, inline partials and partial blocks are not part of the language.");
    }
    if body.starts_with('~') || body.ends_with('~') {
        // The parser is more patient with these than Handlebars.
        return refuse("One `~` may stand directly beside the braces, as in `{{~data.x~}}`.");
    }
    if body.split_whitespace().next().is_some_and(|word| matches!(word, "elseif" | "elsif" | "elif")) {
        return refuse("Another condition is written `{{else if …}}`.");
    }
    if body.starts_with('#') {
        return Ok((TagKind::Open, after(1)));
    }
    if body.starts_with('/') {
        return Ok((TagKind::Close, after(1)));
    }
    if body == "^" || body == "else" {
        return Ok((TagKind::Else, inside.end..inside.end));
    }
    if body.starts_with('^') {
        return refuse("Only a bare `{{^}}` or `{{else}}` begins the other branch.");
    }
    match body.strip_prefix("else").filter(|rest| rest.starts_with(char::is_whitespace)) {
        Some(_) => Ok((TagKind::ElseIf, after(4))),
        None => Ok((TagKind::Value, inside)),
    }
}

/// Every block is closed by its own name, and nothing nests too deep.
fn check_nesting(text: &str, tags: &[Tag]) -> Vec<Fault> {
    let mut faults = Vec::new();
    // Name, place, and how many levels the parser makes of it: each `else if` is one more.
    let mut open: Vec<(&str, Range<usize>, usize)> = Vec::new();
    for tag in tags {
        let inside = text.get(tag.inside.clone()).unwrap_or_default();
        let name = inside.split_whitespace().next().unwrap_or_default();
        match tag.kind {
            TagKind::Open => open.push((name, tag.at.clone(), 1)),
            TagKind::Close => match open.pop() {
                Some((opened, _, _)) if opened == name => {}
                Some((opened, at, _)) => faults.push(
                    Fault::new(
                        Code::BadTemplate,
                        tag.at.clone(),
                        format!("`{{{{/{name}}}}}` closes what `{{{{#{opened}}}}}` opened."),
                    )
                    .help(format!("write `{{{{/{opened}}}}}`; it was opened at character {}", at.start + 1)),
                ),
                None => faults.push(Fault::new(
                    Code::BadTemplate,
                    tag.at.clone(),
                    format!("`{{{{/{name}}}}}` closes a block that was never opened."),
                )),
            },
            TagKind::Else | TagKind::ElseIf => match open.last_mut() {
                Some((_, _, levels)) => *levels += 1,
                None => {
                    faults.push(Fault::new(Code::BadTemplate, tag.at.clone(), "`{{else}}` stands outside a block."));
                }
            },
            TagKind::Value | TagKind::Comment => {}
        }
        let depth: usize = open.iter().map(|(_, _, levels)| levels).sum::<usize>() + parentheses(inside);
        if depth > MAX_DEPTH {
            return vec![Fault::new(
                Code::BadTemplate,
                tag.at.clone(),
                format!("The template nests deeper than {MAX_DEPTH} levels."),
            )];
        }
    }
    for (name, at, _) in open {
        faults.push(Fault::new(
            Code::BadTemplate,
            at,
            format!("`{{{{#{name}}}}}` is not closed by `{{{{/{name}}}}}`."),
        ));
    }
    faults
}

fn parentheses(inside: &str) -> usize {
    let mut depth = 0usize;
    let mut deepest = 0;
    for character in inside.chars() {
        match character {
            '(' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}
