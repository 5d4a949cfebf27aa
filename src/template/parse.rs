//! Text → program. The only file that names the `handlebars` crate, and only as a parser.
//!
//! The crate tells blocks and text apart and handles white space control; the inside of each tag is
//! read by [`super::expression`], because the crate forgets places, the order of named arguments and
//! what a string literal said.

use handlebars::template::{HelperTemplate, Parameter, Template as Parsed, TemplateElement};

use super::expression::{Inside, Levels, TokenKind, expression, tokens};
use super::program::{Block, BlockKind, Expression, Part};
use super::scan::{Tag, TagKind, scan};
use crate::diagnostic::{Code, Fault};
use crate::near::did_you_mean;

const BLOCKS: [&str; 4] = ["if", "unless", "each", "with"];

/// The parts of a template.
pub(super) fn parse(text: &str) -> Result<Vec<Part>, Vec<Fault>> {
    let tags = scan(text)?;
    // Said here, with its place, before the parser says it without.
    let broken: Vec<Fault> = tags.iter().filter_map(|tag| tokens(text, tag.inside.clone()).err()).collect();
    if !broken.is_empty() {
        return Err(broken);
    }
    let parsed = Parsed::compile(text).map_err(|error| vec![translate(text, &tags, &error)])?;
    let readable: Vec<Tag> =
        tags.into_iter().filter(|tag| matches!(tag.kind, TagKind::Value | TagKind::Open | TagKind::ElseIf)).collect();
    let mut reader = Reader { text, tags: readable.into_iter(), levels: Vec::new(), faults: Vec::new() };
    let parts = reader.parts(&parsed);
    if reader.tags.next().is_some() && reader.faults.is_empty() {
        reader.faults.push(unreadable(text));
    }
    if reader.faults.is_empty() { Ok(parts) } else { Err(reader.faults) }
}

/// Walks the parser's tree and the tags found before it side by side: both are in the order of the text.
struct Reader<'a> {
    text: &'a str,
    tags: std::vec::IntoIter<Tag>,
    levels: Levels,
    faults: Vec<Fault>,
}

impl Reader<'_> {
    fn parts(&mut self, template: &Parsed) -> Vec<Part> {
        template.elements.iter().filter_map(|element| self.part(element)).collect()
    }

    fn part(&mut self, element: &TemplateElement) -> Option<Part> {
        match element {
            TemplateElement::RawString(text) => Some(Part::Text(text.clone())),
            TemplateElement::Comment(_) => None,
            TemplateElement::Expression(_) => self.value(),
            TemplateElement::HelperBlock(block) => self.block(block),
            _ => {
                self.faults.push(unreadable(self.text));
                None
            }
        }
    }

    fn value(&mut self) -> Option<Part> {
        let tag = self.tags.next().filter(|tag| tag.kind == TagKind::Value);
        let Some(tag) = tag else { return self.lost() };
        let inside = self.inside(&tag)?;
        match expression(&inside.words, &self.levels) {
            // In Handlebars `{{12}}` looks for a key named 12.
            Ok(Expression::Literal(_)) => {
                let fault = Fault::new(Code::BadTemplate, tag.at, "A literal alone is not an expression.");
                self.faults.push(fault.help("write the text without braces"));
                None
            }
            Ok(expression) => Some(Part::Value(expression)),
            Err(faults) => {
                self.faults.extend(faults);
                None
            }
        }
    }

    fn inside(&mut self, tag: &Tag) -> Option<Inside> {
        match tokens(self.text, tag.inside.clone()) {
            Ok(inside) => Some(inside),
            Err(fault) => {
                self.faults.push(fault);
                None
            }
        }
    }

    fn block(&mut self, parsed: &HelperTemplate) -> Option<Part> {
        let tag = self.tags.next().filter(|tag| matches!(tag.kind, TagKind::Open | TagKind::ElseIf));
        let Some(tag) = tag else { return self.lost() };
        let head = self.head(&tag, parsed);
        let opens = head.as_ref().is_some_and(|head| matches!(head.kind, BlockKind::Each | BlockKind::With));
        if opens {
            self.levels.push(head.as_ref().map(|head| head.names.clone()).unwrap_or_default());
        }
        let body = parsed.template.as_ref().map(|template| self.parts(template)).unwrap_or_default();
        if opens {
            self.levels.pop();
        }
        let inverse = parsed.inverse.as_ref().map(|template| self.parts(template)).unwrap_or_default();
        let head = head?;
        Some(Part::Block(Box::new(Block { body, inverse, ..head })))
    }

    /// `if data.x`: which block, on what.
    fn head(&mut self, tag: &Tag, parsed: &HelperTemplate) -> Option<Block> {
        let inside = self.inside(tag)?;
        let name = match inside.words.first().map(|token| &token.kind) {
            Some(TokenKind::Word(name)) => name.clone(),
            _ => String::new(),
        };
        let agrees = matches!(&parsed.name, Parameter::Name(parsed) if *parsed == name)
            || matches!(&parsed.name, Parameter::Path(_));
        if !agrees {
            return self.lost();
        }
        let kind = match name.as_str() {
            "if" => BlockKind::If,
            "unless" => BlockKind::Unless,
            "each" => BlockKind::Each,
            "with" => BlockKind::With,
            _ => {
                let help =
                    did_you_mean(&name, BLOCKS).unwrap_or_else(|| format!("the blocks are {}", BLOCKS.join(", ")));
                self.faults.push(
                    Fault::new(Code::UnknownHelper, tag.inside.clone(), format!("There is no block `#{name}`."))
                        .help(help),
                );
                return None;
            }
        };
        self.check_names(tag, &inside, kind)?;
        let (words, zero_is_true) = split_include_zero(inside.words.get(1..).unwrap_or_default(), kind);
        if words.is_empty() {
            self.faults.push(
                Fault::new(Code::BadHelperCall, tag.inside.clone(), format!("`#{name}` needs something to look at."))
                    .help(format!("for example `#{name} data.x`")),
            );
            return None;
        }
        let subject = match expression(&words, &self.levels) {
            Ok(subject) => subject,
            Err(faults) => {
                self.faults.extend(faults);
                return None;
            }
        };
        Some(Block { kind, subject, zero_is_true, names: inside.names, body: Vec::new(), inverse: Vec::new() })
    }

    fn check_names(&mut self, tag: &Tag, inside: &Inside, kind: BlockKind) -> Option<()> {
        let most = match kind {
            BlockKind::Each => 2,
            BlockKind::With => 1,
            BlockKind::If | BlockKind::Unless => 0,
        };
        if inside.names.len() > most {
            self.faults.push(Fault::new(
                Code::BadHelperCall,
                tag.inside.clone(),
                format!("This block takes {most} names after `as`."),
            ));
            return None;
        }
        Some(())
    }

    /// The tree and the tags disagree: nothing that follows would be certain.
    fn lost<T>(&mut self) -> Option<T> {
        self.faults.push(unreadable(self.text));
        None
    }
}

/// Takes `includeZero=true` away from the words of an `#if`.
fn split_include_zero(words: &[super::expression::Token], kind: BlockKind) -> (Vec<super::expression::Token>, bool) {
    let conditional = matches!(kind, BlockKind::If | BlockKind::Unless);
    let at = words.iter().position(|token| token.kind == TokenKind::Name("includeZero".to_owned()));
    let (Some(at), true) = (at, conditional) else { return (words.to_vec(), false) };
    let said = matches!(words.get(at + 1).map(|token| &token.kind), Some(TokenKind::Word(word)) if word == "true");
    let mut rest = words.to_vec();
    rest.drain(at..(at + 2).min(words.len()));
    (rest, said)
}

fn unreadable(text: &str) -> Fault {
    Fault::new(Code::BadTemplate, 0..text.len().min(1), "This template cannot be taken apart with certainty.")
        .help("write it in simpler pieces")
}

/// The parser speaks of its grammar; people want to know which tag is wrong.
fn translate(text: &str, tags: &[Tag], error: &handlebars::TemplateError) -> Fault {
    let at = error.pos().map_or(0, |(line, column)| offset_of(text, line, column));
    let tag = tags.iter().find(|tag| tag.at.contains(&at)).or_else(|| tags.iter().rev().find(|tag| tag.at.start <= at));
    let place = tag.map_or(0..text.len().min(1), |tag| tag.at.clone());
    let inside = tag.and_then(|tag| text.get(tag.inside.clone())).unwrap_or_default();
    let (message, help) =
        if inside.contains(['+', '*', '<', '>', '?', '&']) || inside.contains("==") || inside.contains("||") {
            (
                "Templates do not calculate: operators are written as helpers.",
                "for example `{{default data.a data.b}}` or `{{#if (eq data.a \"x\")}}…{{/if}}`",
            )
        } else if inside.contains('$') {
            ("A JSONPath cannot stand inside a template.", "capture the value first, then use `vars.…`")
        } else {
            (
                "What stands inside this tag is not an expression.",
                "a value is `{{data.x}}`, a call `{{helper data.x \"text\"}}`, a block `{{#if data.x}}…{{/if}}`",
            )
        };
    Fault::new(Code::BadTemplate, place, message).help(help)
}

fn offset_of(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    start + column.saturating_sub(1)
}
