//! The inside of one tag → tokens, each with its place.
//!
//! Knows the shape of words and texts, nothing of what they mean.

use std::ops::Range;

use crate::diagnostic::{Code, Fault};

/// What a tag says, block parameters apart.
pub(super) struct Inside {
    /// The helper or path in front, or the block's name.
    pub(super) words: Vec<Token>,
    /// Names after `as |…|`.
    pub(super) names: Vec<String>,
}

/// One piece of a tag.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) at: Range<usize>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum TokenKind {
    /// A path, a helper's name or a word.
    Word(String),
    /// A text, escapes undone.
    Text(String),
    Open,
    Close,
    /// `name=` before a value.
    Name(String),
    Pipe,
}

/// Takes a tag's inside apart. `at` is its place in `text`.
pub(super) fn tokens(text: &str, at: Range<usize>) -> Result<Inside, Fault> {
    let mut tokens = Vec::new();
    let mut here = at.start;
    while here < at.end {
        let rest = text.get(here..at.end).unwrap_or_default();
        let Some(character) = rest.chars().next() else { break };
        if character.is_whitespace() {
            here += character.len_utf8();
            continue;
        }
        let token = token(rest, character, here)?;
        here = token.at.end;
        let next = text.get(here..at.end).and_then(|rest| rest.chars().next());
        if matches!(token.kind, TokenKind::Word(_)) && next.is_some_and(|next| "(\"'".contains(next)) {
            return Err(Fault::new(Code::BadTemplate, here..here + 1, "A blank is missing before this."));
        }
        tokens.push(token);
    }
    split_names(tokens)
}

fn token(rest: &str, character: char, here: usize) -> Result<Token, Fault> {
    let single = |kind| Ok(Token { kind, at: here..here + 1 });
    match character {
        '(' => single(TokenKind::Open),
        ')' => single(TokenKind::Close),
        '|' => single(TokenKind::Pipe),
        '"' | '\'' => string(rest, character, here),
        _ => word(rest, here),
    }
}

/// A string literal; knows `\n \r \t \" \' \\`.
fn string(rest: &str, quote: char, here: usize) -> Result<Token, Fault> {
    let mut value = String::new();
    let mut characters = rest.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        if character == quote {
            return Ok(Token { kind: TokenKind::Text(value), at: here..here + at + 1 });
        }
        if character != '\\' {
            value.push(character);
            continue;
        }
        match characters.next().map(|(_, escaped)| escaped) {
            Some('n') => value.push('\n'),
            Some('r') => value.push('\r'),
            Some('t') => value.push('\t'),
            Some(plain @ ('"' | '\'' | '\\')) => value.push(plain),
            _ => {
                return Err(Fault::new(
                    Code::BadTemplate,
                    here + at..here + at + 1,
                    "This is no escape that a text in a template knows.",
                )
                .help("there are \\n, \\r, \\t, \\\", \\' and \\\\"));
            }
        }
    }
    Err(Fault::new(Code::BadTemplate, here..here + 1, "This text is not closed."))
}

fn word(rest: &str, here: usize) -> Result<Token, Fault> {
    let mut bracket = false;
    let mut end = rest.len();
    for (at, character) in rest.char_indices() {
        match character {
            ']' => bracket = false,
            _ if bracket => {}
            '[' => bracket = true,
            '=' => {
                let name = rest.get(..at).unwrap_or_default().to_owned();
                if name.is_empty() {
                    return Err(Fault::new(
                        Code::BadTemplate,
                        here..here + 1,
                        "`=` stands alone; a named argument is `name=value`.",
                    ));
                }
                return Ok(Token { kind: TokenKind::Name(name), at: here..here + at + 1 });
            }
            _ if character.is_whitespace() || "()|\"'".contains(character) => {
                end = at;
                break;
            }
            _ => {}
        }
    }
    Ok(Token { kind: TokenKind::Word(rest.get(..end).unwrap_or_default().to_owned()), at: here..here + end })
}

/// Separates a closing `as |a b|`.
fn split_names(mut words: Vec<Token>) -> Result<Inside, Fault> {
    let Some(first) = words.iter().position(|token| token.kind == TokenKind::Pipe) else {
        return Ok(Inside { words, names: Vec::new() });
    };
    let tail = words.split_off(first.saturating_sub(1));
    let at = tail.first().map_or(0..0, |token| token.at.clone());
    let wrong =
        || Fault::new(Code::BadTemplate, at.clone(), "Names for a block are written `as |item index|` at its end.");
    let (Some(word), Some(last)) = (tail.first(), tail.last()) else { return Err(wrong()) };
    if word.kind != TokenKind::Word("as".to_owned()) || last.kind != TokenKind::Pipe || tail.len() < 4 {
        return Err(wrong());
    }
    let mut names = Vec::new();
    for token in tail.iter().skip(2).take(tail.len() - 3) {
        match &token.kind {
            TokenKind::Word(name) => names.push(name.clone()),
            _ => return Err(wrong()),
        }
    }
    Ok(Inside { words, names })
}
