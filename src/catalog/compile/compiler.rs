//! What every part of a compile shares: the problems found, and the text pieces compiled with their place.

use std::ops::Range;
use std::sync::Arc;

use regex::{Regex, RegexBuilder};

use super::environment::{Environment, Use};
use super::shared::Shared;
use crate::diagnostic::{Code, Fault, Problems, Source, Span};
use crate::document::Text;
use crate::json_path::JsonPath;
use crate::regular_expression::RegularExpression;
use crate::template::Template;

/// Where a template stands, which decides the roots it may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Position {
    /// `base_url`, `allowed_hosts`, credentials of a service: what the caller sent and the operator's secrets.
    Base,
    /// `base_url`: the same, and what the token exports.
    Address,
    /// Requests, `fail`, `set`, conditions.
    Request,
    /// The response.
    Response,
    /// The message of an error rule.
    Message,
}

/// Compiles the pieces of one file and collects what is wrong with them.
pub(super) struct Compiler<'a> {
    pub(super) problems: &'a mut Problems,
    pub(super) environment: &'a Environment,
    /// Names of the enclosing `for_each` and `$each`.
    pub(super) locals: Vec<String>,
    /// Every reference seen, for the checks over the whole action.
    pub(super) uses: Vec<Use>,
    /// The step being compiled; the number of steps while the response is.
    pub(super) step: usize,
    /// What the levels above say, for requests that authentication makes.
    pub(super) inherited: Shared,
    /// Whose limits those of this file are.
    pub(super) owner: String,
}

impl<'a> Compiler<'a> {
    pub(super) fn new(problems: &'a mut Problems, environment: &'a Environment) -> Self {
        Self {
            problems,
            environment,
            locals: Vec::new(),
            uses: Vec::new(),
            step: 0,
            inherited: Shared::default(),
            owner: String::new(),
        }
    }

    /// A template, its references checked against what its position allows.
    pub(super) fn template(&mut self, text: &Text, position: Position) -> Option<Template> {
        self.template_part(text, 0..text.value.len(), position)
    }

    /// A template that is part of a scalar.
    pub(super) fn template_part(&mut self, text: &Text, part: Range<usize>, position: Position) -> Option<Template> {
        let start = part.start;
        let piece = text.value.get(part).unwrap_or_default();
        match Template::compile(piece) {
            Ok(template) => {
                self.check_references(text, start, &template, position);
                Some(template)
            }
            Err(faults) => {
                self.faults(text, faults.into_iter().map(|fault| fault.shifted(start)));
                None
            }
        }
    }

    /// A bare reference, `vars.x`, as a template of one lone path.
    pub(super) fn reference(&mut self, text: &Text, position: Position) -> Option<Template> {
        let bare = text.value.trim();
        if bare.is_empty()
            || bare.contains(|character: char| "{}()\"'".contains(character) || character.is_whitespace())
        {
            let roots = self.roots(position).join(", ");
            self.problems
                .add(Code::BadCondition, text.span, format!("`{bare}` is not a reference."))
                .help(format!("write a bare name such as `data.subject`; the roots here are {roots}"));
            return None;
        }
        match Template::compile(&format!("{{{{{bare}}}}}")) {
            Ok(template) => {
                // The two opening braces are not in the file.
                self.check_references_shifted(text, &template, position);
                Some(template)
            }
            Err(faults) => {
                let source = Arc::clone(self.problems.source());
                for fault in faults {
                    let at = fault.at.start.saturating_sub(2)..fault.at.end.saturating_sub(2).min(bare.len());
                    let span = text.span_of(&source, at);
                    self.problems.add(fault.code, span, fault.message).maybe_help(fault.help);
                }
                None
            }
        }
    }

    /// A JSONPath.
    pub(super) fn path(&mut self, text: &Text) -> Option<JsonPath> {
        match JsonPath::compile(&text.value) {
            Ok(path) => Some(path),
            Err(fault) => {
                self.faults(text, [fault]);
                None
            }
        }
    }

    /// A regular expression of bounded size; searched, not anchored.
    pub(super) fn regex(&mut self, text: &Text) -> Option<RegularExpression> {
        match bounded_regex(&text.value) {
            Ok(regex) => Some(RegularExpression::new(regex)),
            Err(message) => {
                self.problems
                    .add(Code::BadRegex, text.span, format!("The regular expression cannot be compiled: {message}."))
                    .help("the syntax is that of Rust's regex crate: no look-around and no back-references");
                None
            }
        }
    }

    /// Records faults of a piece of `text` at their place in the file.
    pub(super) fn faults(&mut self, text: &Text, faults: impl IntoIterator<Item = Fault>) {
        let source = Arc::clone(self.problems.source());
        for fault in faults {
            let span = text.span_of(&source, fault.at);
            self.problems.add(fault.code, span, fault.message).maybe_help(fault.help);
        }
    }

    /// `file:line` of a place, for explanations of what a call did.
    pub(super) fn place(&self, span: Span) -> String {
        place_of(self.problems.source(), span)
    }
}

fn place_of(source: &Source, span: Span) -> String {
    format!("{}:{}", source.name(), source.line_column(span.start).0)
}

/// Compiles within a size limit, so that a definition cannot take the memory of the process.
pub(super) fn bounded_regex(pattern: &str) -> Result<Regex, String> {
    RegexBuilder::new(pattern).size_limit(256 * 1024).dfa_size_limit(1024 * 1024).build().map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => "it becomes too large when compiled".to_owned(),
        error => last_line(&error.to_string()),
    })
}

/// The same, of what matches the whole of a text. Read by itself first: `a)(b` is no pattern, but one in parentheses.
pub(super) fn bounded_whole_regex(pattern: &str) -> Result<Regex, String> {
    regex_syntax::parse(pattern).map_err(|error| last_line(&error.to_string()))?;
    bounded_regex(&format!("^(?:{pattern})$"))
}

/// What is wrong, without the excerpt above it.
fn last_line(error: &str) -> String {
    error.lines().last().unwrap_or_default().trim().trim_start_matches("error: ").to_owned()
}
