//! The tokens of one tag → an expression, with the exact place of every name.
//!
//! Every helper and argument is checked; what a path means is [`super::path`]'s.

use std::ops::Range;

use serde_json::Value;

use super::helpers::{helper, helpers};
use super::path::{Levels, looks_like_number, resolve};
use super::program::{Call, Expression};
use super::token::{Token, TokenKind};
use crate::diagnostic::{Code, Fault};
use crate::suggest::did_you_mean;

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
                None => match resolve(&word, token.at, self.levels) {
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
