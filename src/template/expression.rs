//! The inside of one tag → an expression, with the exact place of every name.

use std::ops::Range;

use serde_json::Value;

use super::helpers::{helper, helpers};
use super::program::{BlockKind, Call, DataName, Expression, Path, Start};
use crate::diagnostic::{Code, Fault};
use crate::near::did_you_mean;

/// Names that begin at the top of the scope; inside `#each` and `#with` they must say so.
pub(super) const ROOTS: [&str; 10] =
    ["auth", "data", "meta", "secrets", "vars", "token", "response", "detail", "status", "idempotency_key"];

/// The `#each` and `#with` a tag stands in, outermost first.
pub(super) type Levels = Vec<Level>;

/// What an enclosing `#each` or `#with` gives.
#[derive(Clone, Debug)]
pub(super) struct Level {
    pub(super) kind: BlockKind,
    /// The names after `as`.
    pub(super) names: Vec<String>,
}

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

/// The expression of a `{{…}}`.
pub(super) fn expression(words: &[Token], levels: &Levels) -> Result<Expression, Vec<Fault>> {
    let mut parser = Parser { words, next: 0, levels, faults: Vec::new() };
    let parsed = parser.call_or_value();
    parser.finish(parsed, |token| {
        Fault::new(Code::BadTemplate, token.at.clone(), "Something is left over at the end of this expression.")
    })
}

/// What a block looks at: one value. Handlebars calls a helper here only in parentheses.
pub(super) fn subject(words: &[Token], levels: &Levels) -> Result<Expression, Vec<Fault>> {
    let mut parser = Parser { words, next: 0, levels, faults: Vec::new() };
    let parsed = parser.value();
    parser.finish(parsed, |token| {
        Fault::new(Code::BadHelperCall, token.at.clone(), "A block looks at one value, and here is a second.")
            .help("a call stands in parentheses, for example `#if (eq data.x \"a\")`")
    })
}

struct Parser<'a> {
    words: &'a [Token],
    next: usize,
    levels: &'a Levels,
    faults: Vec<Fault>,
}

impl Parser<'_> {
    /// The expression, if there is no fault and nothing is left over.
    fn finish(
        mut self,
        parsed: Option<Expression>,
        left_over: impl Fn(&Token) -> Fault,
    ) -> Result<Expression, Vec<Fault>> {
        if let Some(token) = self.words.get(self.next)
            && self.faults.is_empty()
        {
            self.faults.push(left_over(token));
        }
        match parsed {
            Some(expression) if self.faults.is_empty() => Ok(expression),
            _ => Err(self.faults),
        }
    }

    /// Whether an enclosing block gives this name.
    fn is_given(&self, name: &str) -> bool {
        self.levels.iter().flat_map(|level| &level.names).any(|known| known == name)
    }

    fn peek(&self) -> Option<&Token> {
        self.words.get(self.next)
    }

    fn take(&mut self) -> Option<Token> {
        let token = self.words.get(self.next).cloned();
        self.next += 1;
        token
    }

    fn fault<T>(&mut self, fault: Fault) -> Option<T> {
        self.faults.push(fault);
        None
    }

    /// `helper a b name=c`, or a single value.
    fn call_or_value(&mut self) -> Option<Expression> {
        let first = self.peek()?.clone();
        let TokenKind::Word(name) = &first.kind else { return self.value() };
        let more = self.words.get(self.next + 1).is_some_and(|token| token.kind != TokenKind::Close);
        let plain = !name.contains(['.', '/', '@', '[']) && literal(name).is_none();
        let is_given = self.is_given(name);
        let without_arguments = helper(name).is_some_and(|helper| helper.arity.0 == 0) && !is_given;
        if more || (plain && without_arguments) {
            return self.call(name, first.at);
        }
        if let Some(helper) = helper(name).filter(|_| plain && !is_given) {
            let help = if self.levels.is_empty() {
                format!("call it as `{}`", helper.signature)
            } else {
                format!("call it as `{}`; a field of the element that is named so is `this.{name}`", helper.signature)
            };
            let message = format!("`{name}` is a helper and needs arguments.");
            return self.fault(Fault::new(Code::BadHelperCall, first.at, message).help(help));
        }
        self.value()
    }

    fn call(&mut self, name: &str, at: Range<usize>) -> Option<Expression> {
        self.next += 1;
        if self.is_given(name) {
            let message = format!("`{name}` is a name this block gives, not a helper: nothing can follow it.");
            return self.fault(Fault::new(Code::BadHelperCall, at, message));
        }
        // Arguments are read to the end even when one is wrong, so that all faults are told.
        let (faults, mut arguments, mut named) = (self.faults.len(), Vec::new(), Vec::new());
        let mut places: Vec<Range<usize>> = Vec::new();
        while let Some(token) = self.peek().cloned() {
            match token.kind {
                TokenKind::Close => break,
                TokenKind::Name(key) => {
                    self.next += 1;
                    let value = self.value();
                    if named.iter().any(|(known, _)| *known == key) {
                        let message = format!("`{key}=` is given twice.");
                        self.faults.push(Fault::new(Code::BadHelperCall, token.at.clone(), message));
                    }
                    named.extend(value.map(|value| (key, value)));
                    places.push(token.at.start..token.at.end - 1);
                }
                _ if !places.is_empty() => {
                    self.faults.push(
                        Fault::new(Code::BadTemplate, token.at, "A value stands behind an argument with a name.")
                            .help("arguments with a name come last: `helper value name=value`"),
                    );
                    self.value();
                }
                _ => arguments.extend(self.value()),
            }
        }
        let Some(helper) = helper(name) else {
            let help = did_you_mean(name, helpers().iter().map(|helper| helper.name));
            let mut fault = Fault::new(Code::UnknownHelper, at, format!("There is no helper `{name}`."));
            fault.help = Some(
                help.unwrap_or_else(|| "a value alone is written `{{data.x}}`, a call `{{helper data.x}}`".to_owned()),
            );
            return self.fault(fault);
        };
        if self.faults.len() > faults {
            return None;
        }
        for ((key, _), at) in named.iter().zip(places) {
            if !helper.named.contains(&"*") && !helper.named.contains(&key.as_str()) {
                let help = did_you_mean(key, helper.named.iter().copied())
                    .unwrap_or_else(|| format!("call it as `{}`", helper.signature));
                let message = format!("`{name}` has no argument named `{key}`.");
                self.faults.push(Fault::new(Code::BadHelperCall, at, message).help(help));
            }
        }
        let (least, most) = helper.arity;
        if !(least..=most).contains(&arguments.len()) {
            let wanted = match most {
                _ if least == most => format!("{least}"),
                usize::MAX => format!("at least {least}"),
                _ => format!("{least} to {most}"),
            };
            let plural = if wanted == "1" { "" } else { "s" };
            let message = format!("`{name}` takes {wanted} argument{plural}, found {}.", arguments.len());
            self.faults.push(
                Fault::new(Code::BadHelperCall, at.clone(), message).help(format!("call it as `{}`", helper.signature)),
            );
        }
        (self.faults.len() == faults).then(|| Expression::Call(Box::new(Call { helper, arguments, named, at })))
    }

    fn value(&mut self) -> Option<Expression> {
        let Some(token) = self.take() else {
            let at = self.words.last().map_or(0..0, |token| token.at.clone());
            return self.fault(Fault::new(Code::BadTemplate, at, "A value is missing here."));
        };
        match token.kind {
            TokenKind::Text(text) => Some(Expression::Literal(Value::String(text))),
            TokenKind::Open => {
                let inner = self.call_or_value();
                let closed = self.take().is_some_and(|token| token.kind == TokenKind::Close);
                match inner {
                    _ if !closed => {
                        self.fault(Fault::new(Code::BadTemplate, token.at, "This parenthesis is not closed."))
                    }
                    // In Handlebars `(data.x)` calls a helper of that name.
                    Some(Expression::Path(path)) => self.fault(
                        Fault::new(
                            Code::BadTemplate,
                            path.at,
                            format!("Parentheses call a helper, and `{}` is a value.", path.text),
                        )
                        .help("write it without parentheses"),
                    ),
                    inner => inner,
                }
            }
            TokenKind::Word(word) => match literal(&word) {
                Some(value) => Some(Expression::Literal(value)),
                None => match path(&word, token.at, self.levels) {
                    Ok(path) => Some(Expression::Path(path)),
                    Err(fault) => self.fault(fault),
                },
            },
            TokenKind::Close | TokenKind::Name(_) | TokenKind::Pipe => {
                self.fault(Fault::new(Code::BadTemplate, token.at, "A value is missing here."))
            }
        }
    }
}

fn literal(word: &str) -> Option<Value> {
    match word {
        "true" => Some(Value::Bool(true)),
        "false" => Some(Value::Bool(false)),
        "null" => Some(Value::Null),
        // An exponent is no part of a number in Handlebars.
        _ if looks_like_number(word) && !word.contains(['e', 'E']) => {
            serde_json::from_str(word).ok().filter(Value::is_number)
        }
        _ => None,
    }
}

fn looks_like_number(word: &str) -> bool {
    word.strip_prefix('-').unwrap_or(word).starts_with(|first: char| first.is_ascii_digit())
}

/// Resolves a path where it stands.
fn path(word: &str, at: Range<usize>, levels: &Levels) -> Result<Path, Fault> {
    let refuse = |message: String| Fault::new(Code::BadTemplate, at.clone(), message);
    if looks_like_number(word) {
        return Err(refuse(format!("`{word}` is no number that a template knows."))
            .help("numbers are written `12`, `-1` or `1.5`; anything else as a text, `\"007\"`"));
    }
    if word == "undefined" {
        return Err(refuse("`undefined` is no value here.".to_owned()).help("write `null`, or leave it out"));
    }
    let (climbs, rest) = climb(word);
    let (local, rest) = match rest.strip_prefix('@') {
        Some(rest) if rest != "root" && !rest.starts_with("root.") && !rest.starts_with("root/") => (true, rest),
        _ => (false, rest),
    };
    let (frames, rest) = if local { climb(rest) } else { (0, rest) };
    if climbs > 0 && (local || rest.starts_with('@')) {
        return Err(refuse(format!("`{word}` is not a path.")).help("write `@../index`, or `@root.data.x`"));
    }
    let rooted = rest.strip_prefix("@root").map(|rest| rest.trim_start_matches(['.', '/']));
    let (current, rest) = strip_current(rooted.unwrap_or(rest));
    let keys = segments(rest).ok_or_else(|| {
        let fault = refuse(format!("`{word}` is not a path."));
        fault.help("an odd name stands in brackets, for example `data.[a name]`; a `\\` cannot")
    })?;
    let made = |start, keys| Ok(Path { start, keys, text: word.to_owned(), at: at.clone() });
    if local {
        return match data_path(&keys, frames, levels) {
            Some(start) => made(start, Vec::new()),
            None => Err(refuse(format!("`{word}` is not known here."))
                .help("inside `#each` there are @index, @key, @first and @last")),
        };
    }
    let Some(first) = keys.first() else {
        return match (rooted, levels.len()) {
            (None, depth) if depth > climbs => made(Start::Context(climbs), keys),
            _ => {
                Err(refuse(format!("`{word}` is everything at once.")).help("name a field, for example `data.subject`"))
            }
        };
    };
    if rooted.is_some() || (climbs == levels.len() && !current) {
        return made(Start::Scope, keys);
    }
    if climbs > levels.len() || levels.is_empty() {
        return Err(
            refuse(format!("`{word}` leads out of the template.")).help("at the top, begin with a root such as `data`")
        );
    }
    if climbs == 0 && !current {
        for (level, given) in levels.iter().rev().enumerate() {
            if let Some(number) = given.names.iter().position(|name| name == first) {
                return made(Start::Name(level, number), keys.get(1..).unwrap_or_default().to_vec());
            }
        }
        if ROOTS.contains(&first.as_str()) {
            return Err(refuse(format!("Inside `#each` and `#with`, `{first}` would be looked up in the element."))
                .help(format!("write `@root.{}`", keys.join("."))));
        }
    }
    made(Start::Context(climbs), keys)
}

fn climb(word: &str) -> (usize, &str) {
    let mut rest = word;
    let mut climbs = 0;
    while let Some(after) = rest.strip_prefix("../").or_else(|| (rest == "..").then_some("")) {
        climbs += 1;
        rest = after;
    }
    (climbs, rest)
}

fn strip_current(rest: &str) -> (bool, &str) {
    if matches!(rest, "this" | ".") {
        return (true, "");
    }
    for prefix in ["this.", "this/", "./"] {
        if let Some(after) = rest.strip_prefix(prefix) {
            return (true, after);
        }
    }
    (false, rest)
}

/// `@index` and its kin belong to the nearest `#each`; every `../` is one `#each` further out.
fn data_path(keys: &[String], frames: usize, levels: &Levels) -> Option<Start> {
    let [name] = keys else { return None };
    let name = match name.as_str() {
        "index" => DataName::Index,
        "key" => DataName::Key,
        "first" => DataName::First,
        "last" => DataName::Last,
        _ => return None,
    };
    let mut loops = levels.iter().rev().enumerate().filter(|(_, level)| level.kind == BlockKind::Each);
    loops.nth(frames).map(|(level, _)| Start::Data(level, name))
}

/// `a.b/[c d]` in parts; `None` if it is no path.
fn segments(text: &str) -> Option<Vec<String>> {
    let mut keys = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (key, after) = match rest.strip_prefix('[') {
            Some(inner) => inner.split_once(']')?,
            None => {
                let end = rest.find(['.', '/']).unwrap_or(rest.len());
                rest.split_at(end)
            }
        };
        let odd = |character: char| "!\"#%&'()*+,;<=>@[\\]^`{|}~".contains(character) || character.is_whitespace();
        let bracketed = rest.starts_with('[');
        // Handlebars reads `\\` in brackets as an escape.
        let unlike = if bracketed { key.contains('\\') } else { key.contains(odd) };
        if key.is_empty() || unlike {
            return None;
        }
        keys.push(key.to_owned());
        rest = match after.chars().next() {
            None => "",
            Some('.' | '/') if after.len() > 1 => after.get(1..)?,
            _ => return None,
        };
    }
    Some(keys)
}
