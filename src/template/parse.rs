//! Text → program. The only file that names the `handlebars` crate, and only as a parser.
//!
//! The crate judges the syntax. Its tree is not used: it forgets places, the order of named arguments
//! and what a string literal said, and its white space is not Handlebars' own. Tags become a tree in
//! [`super::tree`], and the inside of each is read by [`super::token`] and [`super::expression`].

use handlebars::template::Template as Parsed;

use super::expression::{expression, subject};
use super::path::{Level, Levels, ROOTS};
use super::program::{Block, BlockKind, Expression, Part};
use super::scan::{Tag, TagKind, scan};
use super::token::{Inside, Token, TokenKind, tokens};
use super::tree::{BlockNode, Inverse, Node, tree};
use super::white_space::strip;
use crate::diagnostic::{Code, Fault};
use crate::suggest::did_you_mean;

const BLOCKS: [&str; 4] = ["if", "unless", "each", "with"];

/// The parts of a template.
pub(super) fn parse(text: &str) -> Result<Vec<Part>, Vec<Fault>> {
    let tags = scan(text)?;
    // Reported here, with its place, before the parser says it without.
    let broken: Vec<Fault> = tags.iter().filter_map(|tag| tokens(text, tag.inside.clone()).err()).collect();
    if !broken.is_empty() {
        return Err(broken);
    }
    let mut nodes = tree(text, &tags).map_err(|fault| vec![fault])?;
    // Most templates are so plain that there is nothing to judge.
    if !is_plain(text) {
        Parsed::compile(text).map_err(|error| vec![translate(text, &tags, &error)])?;
    }
    strip(text, &mut nodes);
    let mut reader = Reader { text, levels: Vec::new(), faults: Vec::new() };
    let parts = reader.parts(&nodes);
    if reader.faults.is_empty() { Ok(parts) } else { Err(reader.faults) }
}

/// Whether a template is text and `{{root.name.name}}` only, which Handlebars surely takes.
fn is_plain(text: &str) -> bool {
    let is_name = |name: &str| {
        name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((inside, after)) = after.split_once("}}") else { return false };
        let Some((root, names)) = inside.split_once('.') else { return false };
        if before.contains(['{', '}', '\\']) || !ROOTS.contains(&root) || !names.split('.').all(is_name) {
            return false;
        }
        rest = after;
    }
    !rest.contains(['{', '}', '\\'])
}

/// Walks the tree and reads the inside of each tag.
struct Reader<'a> {
    text: &'a str,
    levels: Levels,
    faults: Vec<Fault>,
}

impl Reader<'_> {
    fn parts(&mut self, nodes: &[Node<'_>]) -> Vec<Part> {
        let mut parts: Vec<Part> = Vec::with_capacity(nodes.len());
        for node in nodes {
            match (node, parts.last_mut()) {
                // What a comment stood between is one text.
                (Node::Text(more), Some(Part::Text(text))) => text.push_str(more.kept),
                (Node::Text(text), _) if !text.kept.is_empty() => parts.push(Part::Text(text.kept.to_owned())),
                (Node::Text(_) | Node::Comment, _) => {}
                (Node::Value(tag), _) => parts.extend(self.value(tag)),
                (Node::Block(block), _) => parts.extend(self.block(block)),
            }
        }
        parts
    }

    fn value(&mut self, tag: &Tag) -> Option<Part> {
        let inside = self.inside(tag)?;
        match expression(&inside.words, &self.levels) {
            // In Handlebars `{{12}}` looks for a key named 12.
            Ok(Expression::Literal(_)) => {
                let fault = Fault::new(Code::BadTemplate, tag.at.clone(), "A literal alone is not an expression.");
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

    fn block(&mut self, node: &BlockNode<'_>) -> Option<Part> {
        let head = self.head(&node.tag);
        let told = self.faults.len();
        let level = head
            .as_ref()
            .filter(|head| matches!(head.kind, BlockKind::Each | BlockKind::With))
            .map(|head| Level { kind: head.kind, names: head.names.clone() });
        let opens = level.is_some();
        self.levels.extend(level);
        let body = self.parts(&node.body);
        if opens {
            self.levels.pop();
        }
        let inverse = match &node.inverse {
            None => Vec::new(),
            Some(Inverse::Else(nodes)) => self.parts(nodes),
            Some(Inverse::Chain(chained)) => self.block(chained).into_iter().collect(),
        };
        let Some(head) = head else {
            // What stands inside a block that is not understood cannot be judged.
            self.faults.truncate(told);
            return None;
        };
        Some(Part::Block(Box::new(Block { body, inverse, ..head })))
    }

    /// `if data.x`: which block, on what.
    fn head(&mut self, tag: &Tag) -> Option<Block> {
        let inside = self.inside(tag)?;
        let name = match inside.words.first().map(|token| &token.kind) {
            Some(TokenKind::Word(name)) => name.clone(),
            _ => String::new(),
        };
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
        let (words, zero_is_true) = self.include_zero(inside.words.get(1..).unwrap_or_default(), kind)?;
        if words.is_empty() {
            self.faults.push(
                Fault::new(Code::BadHelperCall, tag.inside.clone(), format!("`#{name}` needs something to look at."))
                    .help(format!("for example `#{name} data.x`")),
            );
            return None;
        }
        let subject = match subject(words, &self.levels) {
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
        let wrong = inside.names.iter().enumerate().find_map(|(number, name)| {
            if inside.names.iter().take(number).any(|earlier| earlier == name) {
                return Some(format!("The name `{name}` is given twice."));
            }
            if matches!(name.as_str(), "this" | "true" | "false" | "null" | "undefined" | "as") {
                return Some(format!("`{name}` cannot be a name, since it means something else in a template."));
            }
            ROOTS.contains(&name.as_str()).then(|| format!("The name `{name}` hides the root `{name}`."))
        });
        if let Some(message) = wrong {
            let fault = Fault::new(Code::ShadowedName, tag.inside.clone(), message);
            self.faults.push(fault.help("choose another name after `as`"));
            return None;
        }
        Some(())
    }

    /// Takes a last `includeZero=true` away from the words of an `#if`.
    fn include_zero<'w>(&mut self, words: &'w [Token], kind: BlockKind) -> Option<(&'w [Token], bool)> {
        let Some((at, token)) = outer_name(words) else { return Some((words, false)) };
        let is_known = matches!(kind, BlockKind::If | BlockKind::Unless)
            && token.kind == TokenKind::Name("includeZero".to_owned());
        let value = match words.get(at + 1..) {
            Some([Token { kind: TokenKind::Word(word), .. }]) if is_known => word.as_str(),
            _ => "",
        };
        if matches!(value, "true" | "false") {
            return Some((words.get(..at).unwrap_or_default(), value == "true"));
        }
        let fault = Fault::new(Code::BadHelperCall, token.at.clone(), "This block does not take this argument.");
        self.faults.push(fault.help("`#if` and `#unless` take `includeZero=true` at their end, other blocks nothing"));
        None
    }
}

/// The first `name=` that is not inside parentheses.
fn outer_name(words: &[Token]) -> Option<(usize, &Token)> {
    let mut depth = 0usize;
    words.iter().enumerate().find(|(_, token)| {
        match token.kind {
            TokenKind::Open => depth += 1,
            TokenKind::Close => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && matches!(token.kind, TokenKind::Name(_))
    })
}

/// The parser speaks of its grammar; people want to know which tag is wrong.
fn translate(text: &str, tags: &[Tag], error: &handlebars::TemplateError) -> Fault {
    let at = error.pos().map_or(0, |(line, column)| offset_of(text, line, column));
    let tag = tags.iter().find(|tag| tag.at.contains(&at)).or_else(|| tags.iter().rev().find(|tag| tag.at.start <= at));
    let place = tag.map_or(0..text.len().min(1), |tag| tag.at.clone());
    let inside = tag.and_then(|tag| text.get(tag.inside.clone())).unwrap_or_default();
    let (message, help) = if inside.chars().filter(|character| *character == '(').count()
        != inside.chars().filter(|character| *character == ')').count()
    {
        ("The parentheses in this tag do not match.", "for example `{{upper (trim data.x)}}`")
    } else if inside == "." {
        ("`{{.}}` is not part of the language.", "write `{{this}}`")
    } else if inside.contains("..") && !inside.contains("../") {
        ("This path has two points in a row.", "write `data.x`, or `../x` inside `#each`")
    } else if inside.contains(['+', '*', '<', '>', '?', '&']) || inside.contains("==") || inside.contains("||") {
        (
            "Templates do not calculate: operators are written as helpers.",
            "for example `{{default data.a data.b}}` or `{{#if (eq data.a \"x\")}}…{{/if}}`",
        )
    } else if inside.contains('$') {
        ("A JSONPath cannot stand inside a template.", "capture the value first, then use `vars.…`")
    } else if tag.is_some_and(|tag| tag.kind == TagKind::Open) {
        (
            "This is not the beginning of a block.",
            "blocks are `{{#if data.x}}`, `{{#unless data.x}}`, `{{#each data.list}}` and `{{#with data.x}}`",
        )
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// What is passed over is what Handlebars takes.
        #[test]
        fn handlebars_takes_what_is_plain(text in "([a-z é\"'&<>%~#!/=|-]|\\{\\{(data|auth|vars|else|x)(\\.[a-z_][a-z0-9_]{0,5}){0,3}\\}\\}|\\{|\\}|\\\\){0,8}") {
            if is_plain(&text) {
                prop_assert!(Parsed::compile(&text).is_ok(), "{text}");
            }
        }
    }

    #[test]
    fn only_text_and_paths_are_plain() {
        for plain in ["", "text", "{{data.a}}", "a {{auth.b_1.c}} d {{vars.e}}!"] {
            assert!(is_plain(plain), "{plain}");
        }
        for other in
            ["{{a}}", "{{{data.a}}}", "{{data.a}} {", "\\{{data.a}}", "{{data.a-b}}", "{{trim data.a}}", "{{data.0}}"]
        {
            assert!(!is_plain(other), "{other}");
        }
    }
}
