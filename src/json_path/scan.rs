//! Looks over a path's text before it is parsed: limits, white space, and what the parser would lose.
//!
//! Knows the tokens of RFC 9535, not its grammar.

use std::ops::Range;

use crate::diagnostic::{Code, Fault};
use crate::suggest::did_you_mean;

/// Characters a path may have.
const MAX_CHARS: usize = 1024;
/// Filters inside filters.
const MAX_FILTER_DEPTH: usize = 8;
/// Functions inside functions; the parser's time doubles with each.
const MAX_FUNCTION_DEPTH: usize = 4;
/// Brackets and parentheses inside one another.
const MAX_NESTING: usize = 32;
/// The functions of RFC 9535.
const FUNCTIONS: &[&str] = &["length", "count", "match", "search", "value"];
/// The largest whole number that RFC 9535 guarantees, and the parser reads.
const MAX_SAFE: &str = "9007199254740991";

/// What was seen, each list in the order of the text.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// The text with numbers that the parser would refuse or round replaced by others of the same length.
    pub(super) masked: String,
    /// The exact text of each number that is not a plain whole number.
    pub(super) numbers: Vec<String>,
    /// Whether each `*` stands in brackets.
    pub(super) wildcards: Vec<bool>,
    /// Where each function's name stands.
    pub(super) functions: Vec<Range<usize>>,
}

/// Checks the limits and the white space of a path and collects what the parser does not keep.
pub(super) fn scan(text: &str) -> Result<Scan, Fault> {
    check_ends(text)?;
    let mut scanner = Scanner { text, at: 0, open: Vec::new(), last_word: None, scan: Scan::default() };
    text.clone_into(&mut scanner.scan.masked);
    while let Some(character) = scanner.peek() {
        scanner.token(character)?;
    }
    if let Some((open, at)) = scanner.open.last() {
        return Err(fault(*at..at + 1, format!("The `{}` that begins here is never closed.", open.sign())));
    }
    Ok(scanner.scan)
}

fn fault(at: Range<usize>, message: impl Into<String>) -> Fault {
    Fault::new(Code::BadJsonPath, at, message)
}

fn check_ends(text: &str) -> Result<(), Fault> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Err(fault(0..text.len(), "A path cannot be empty.").help("the whole answer is `$`"));
    }
    if trimmed.len() != text.len() {
        let start = text.len() - text.trim_start().len();
        let at = if start > 0 { 0..start } else { trimmed.len()..text.len() };
        return Err(fault(at, "A path cannot begin or end with white space.").help(format!("write `{trimmed}`")));
    }
    if text.chars().count() > MAX_CHARS {
        let at = text.char_indices().nth(MAX_CHARS).map_or(text.len(), |(at, _)| at);
        return Err(fault(at..text.len(), format!("A path can have at most {MAX_CHARS} characters.")));
    }
    if !text.starts_with('$') {
        let rest = text.trim_start_matches(['@', '.']);
        let written = if rest.starts_with('[') { format!("${rest}") } else { format!("$.{rest}") };
        let end = text.chars().next().map_or(0, char::len_utf8);
        return Err(
            fault(0..end, "A path begins with `$`, the whole answer.").help(format!("did you mean `{written}`?"))
        );
    }
    Ok(())
}

/// A bracket or parenthesis that is open.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Brackets,
    Filter,
    Function,
    Parentheses,
}

impl Open {
    fn sign(self) -> char {
        match self {
            Self::Brackets | Self::Filter => '[',
            Self::Function | Self::Parentheses => '(',
        }
    }
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    /// What is open, and where it began.
    open: Vec<(Open, usize)>,
    /// Where the last token ended, if it was a word or number.
    last_word: Option<usize>,
    scan: Scan,
}

impl Scanner<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn token(&mut self, character: char) -> Result<(), Fault> {
        if is_space(character) {
            self.at += character.len_utf8();
            return Ok(());
        }
        if is_word(character) || (character == '-' && self.rest().as_bytes().get(1).is_some_and(u8::is_ascii_digit)) {
            return self.word();
        }
        self.last_word = None;
        match character {
            '"' | '\'' => return self.quoted(character),
            '.' => self.dots()?,
            '*' => {
                let shorthand = self.text.get(..self.at).is_some_and(|before| before.ends_with('.'));
                self.scan.wildcards.push(!shorthand);
            }
            '[' => self.nest(Open::Brackets)?,
            '(' => self.nest(Open::Parentheses)?,
            '?' => self.filter()?,
            ']' => self.close('[')?,
            ')' => self.close('(')?,
            _ => {}
        }
        self.at += character.len_utf8();
        Ok(())
    }

    fn nest(&mut self, open: Open) -> Result<(), Fault> {
        self.open.push((open, self.at));
        if self.open.len() > MAX_NESTING {
            return Err(self.fault_here(format!("A path can have at most {MAX_NESTING} brackets inside one another.")));
        }
        Ok(())
    }

    fn close(&mut self, sign: char) -> Result<(), Fault> {
        match self.open.pop() {
            Some((open, _)) if open.sign() == sign => Ok(()),
            _ => Err(self.fault_here(format!("This closes a `{sign}` that is not open."))),
        }
    }

    fn depth(&self, kind: Open) -> usize {
        self.open.iter().filter(|(open, _)| *open == kind).count()
    }

    fn filter(&mut self) -> Result<(), Fault> {
        if let Some((brackets @ Open::Brackets, _)) = self.open.last_mut() {
            *brackets = Open::Filter;
        }
        if self.depth(Open::Filter) > MAX_FILTER_DEPTH {
            return Err(
                self.fault_here(format!("A path can have at most {MAX_FILTER_DEPTH} filters inside one another."))
            );
        }
        Ok(())
    }

    fn dots(&mut self) -> Result<(), Fault> {
        let descends = self.rest().starts_with("..");
        if descends && self.depth(Open::Filter) > 1 {
            let message = "`..` cannot stand in a filter inside a filter: it would visit the answer too many times.";
            return Err(self.fault_here(message).help("name the way to the node instead"));
        }
        if descends {
            self.at += 1;
        }
        let next = self.rest().chars().nth(1);
        if next.is_some_and(is_space) {
            return Err(self.fault_here("White space cannot follow a `.`."));
        }
        Ok(())
    }

    fn quoted(&mut self, quote: char) -> Result<(), Fault> {
        let mut escaped = false;
        let end = self.rest().char_indices().skip(1).find(|(_, character)| {
            let ends = *character == quote && !escaped;
            escaped = *character == '\\' && !escaped;
            ends
        });
        match end {
            Some((end, _)) => {
                self.at += end + 1;
                Ok(())
            }
            None => Err(self.fault_here(format!("The quote {quote} that begins here is never closed."))),
        }
    }

    fn word(&mut self) -> Result<(), Fault> {
        let rest = self.rest();
        let after_dot = self.text.get(..self.at).is_some_and(|before| before.ends_with('.'));
        let number = if after_dot { 0 } else { number_length(rest) };
        let length = if number > 0 { number } else { word_length(rest) };
        let word = rest.get(..length).unwrap_or_default().to_owned();
        let (start, end) = (self.at, self.at + length);
        if self.last_word.is_some_and(|last| last < start) {
            return Err(self
                .fault_here("Two words cannot stand side by side.")
                .help("a name with a space in it is written `['like this']`; comparisons need `==`, `<` and so on"));
        }
        self.at = end;
        self.last_word = Some(end);
        if number > 0 {
            self.number(&word, start);
        } else if self.peek() == Some('(') {
            self.function(&word, start..end, after_dot)?;
        }
        Ok(())
    }

    fn number(&mut self, word: &str, start: usize) {
        let is_whole = !word.contains(['.', 'e', 'E']);
        let digits = word.trim_start_matches('-');
        let is_safe = digits.len() < MAX_SAFE.len() || (digits.len() == MAX_SAFE.len() && digits <= MAX_SAFE);
        if is_whole && is_safe {
            return;
        }
        self.scan.numbers.push(word.to_owned());
        if word.len() >= MAX_SAFE.len() {
            let stand_in = format!("1.{}", "0".repeat(word.len() - 2));
            self.scan.masked.replace_range(start..start + word.len(), &stand_in);
        }
    }

    fn function(&mut self, name: &str, at: Range<usize>, after_dot: bool) -> Result<(), Fault> {
        if after_dot {
            return Err(fault(at, format!("`{name}()` cannot be called on a path."))
                .help("functions stand in filters: `$.items[?length(@.name) > 3]`"));
        }
        if !FUNCTIONS.contains(&name) {
            let help = did_you_mean(name, FUNCTIONS.iter().copied())
                .unwrap_or_else(|| "the functions are `length`, `count`, `match`, `search` and `value`".to_owned());
            return Err(fault(at, format!("JSONPath has no function `{name}`.")).help(help));
        }
        self.scan.functions.push(at);
        self.last_word = None;
        self.nest(Open::Function)?;
        self.at += 1;
        if self.depth(Open::Function) > MAX_FUNCTION_DEPTH {
            return Err(
                self.fault_here(format!("A path can have at most {MAX_FUNCTION_DEPTH} functions inside one another."))
            );
        }
        Ok(())
    }

    fn fault_here(&self, message: impl Into<String>) -> Fault {
        let end = self.at + self.peek().map_or(0, char::len_utf8);
        fault(self.at..end, message)
    }
}

fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r' | '\n')
}

fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_' || !character.is_ascii()
}

fn word_length(text: &str) -> usize {
    text.find(|character| !is_word(character)).unwrap_or(text.len()).max(1)
}

/// The length of the number that `text` begins with, 0 if it begins with none: `-?DIGITS[.DIGITS][e[+-]DIGITS]`.
fn number_length(text: &str) -> usize {
    let digits = |from: usize| {
        let rest = text.as_bytes().get(from..).unwrap_or_default();
        rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
    };
    let sign = usize::from(text.starts_with('-'));
    let whole = digits(sign);
    // Leading zeros are left to the parser, which refuses them.
    let leading_zero = whole > 1 && text.as_bytes().get(sign) == Some(&b'0');
    if whole == 0 || leading_zero {
        return 0;
    }
    let mut end = sign + whole;
    if text.as_bytes().get(end) == Some(&b'.') && digits(end + 1) > 0 {
        end += 1 + digits(end + 1);
    }
    if matches!(text.as_bytes().get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(text.as_bytes().get(end + 1), Some(b'+' | b'-')));
        if digits(end + 1 + sign) > 0 {
            end += 1 + sign + digits(end + 1 + sign);
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_kept_and_masked_in_place() {
        let text = "$[?@.a == 1.5 && @.b1 < 12345678901234567890 && @.c > 9007199254740991 || @['1.5'] == -1e3]";
        let found = scan(text).unwrap();
        assert_eq!(found.numbers, ["1.5", "12345678901234567890", "-1e3"]);
        assert_eq!(found.masked, text.replace("12345678901234567890", "1.000000000000000000"));
    }

    #[test]
    fn wildcards_and_functions_are_seen_outside_quotes() {
        let found = scan("$.*[*]..*['*'][?count(@.*) > 1]").unwrap();
        assert_eq!(found.wildcards, [false, true, false, false]);
        assert_eq!(found.functions.first(), Some(&(16..21)));
    }

    #[test]
    fn slices_are_no_decimals() {
        assert!(scan("$[1:2:-1]").unwrap().numbers.is_empty());
        assert!(scan("$.a1.b2").unwrap().numbers.is_empty());
    }
}
