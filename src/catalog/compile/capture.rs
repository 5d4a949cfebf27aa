//! Captures and response fields.

use super::compiler::{Compiler, Position};
use super::condition::Answer;
use crate::catalog::{Alternative, Capture, CaptureSource};
use crate::diagnostic::Code;
use crate::document::{CaptureDocument, CaptureRuleDocument, Keyed, Kind, Node, Text};
use crate::keyword::As;
use crate::regular_expression::RegularExpression;

impl Compiler<'_> {
    /// A map of captures; names may be used by several steps, but hide nothing.
    pub(super) fn captures(&mut self, document: Option<&Keyed<CaptureDocument>>) -> Vec<Capture> {
        let mut captures = Vec::new();
        for (name, document) in document.map(Keyed::iter).into_iter().flatten() {
            let named = self.check_name(name, "a capture");
            let capture = self.capture(&name.value, document, As::Any, Position::Request, Answer::AtHand);
            if named {
                captures.extend(capture);
            }
        }
        captures
    }

    pub(super) fn capture(
        &mut self,
        name: &str,
        document: &CaptureDocument,
        default_as: As,
        position: Position,
        answer: Answer,
    ) -> Option<Capture> {
        let plain = |source| Capture {
            name: name.to_owned(),
            source,
            regex: None,
            convert: default_as,
            pick: None,
            separator: ", ".to_owned(),
            required: false,
            secret: false,
            default: None,
        };
        match document {
            CaptureDocument::Short(node) => self.short(node, position, answer).map(plain),
            CaptureDocument::Alternatives(texts, _) => self
                .alternatives(texts, position, answer)
                .map(|alternatives| plain(CaptureSource::Alternatives(alternatives))),
            CaptureDocument::Rule(rule) => self.capture_rule(name, rule, default_as, position, answer),
        }
    }

    fn short(&mut self, node: &Node, position: Position, answer: Answer) -> Option<CaptureSource> {
        match &node.kind {
            Kind::Text(text) => {
                let alternative = self.alternative(text, position, answer)?;
                Some(CaptureSource::Alternatives(vec![alternative]))
            }
            _ => Some(CaptureSource::Constant(node.to_value())),
        }
    }

    fn alternatives(&mut self, texts: &[Text], position: Position, answer: Answer) -> Option<Vec<Alternative>> {
        let compiled: Vec<_> = texts.iter().map(|text| self.alternative(text, position, answer)).collect();
        compiled.into_iter().collect()
    }

    fn alternative(&mut self, text: &Text, position: Position, answer: Answer) -> Option<Alternative> {
        if !text.value.starts_with('$') {
            return self.template(text, position).map(Alternative::Template);
        }
        if answer == Answer::None {
            self.problems
                .add(Code::PathWithoutAnswer, text.span, "There is not one certain answer here that a path could look into.")
                .help("capture the value in its step and write \"{{vars.…}}\"; a constant that begins with `$` is `{ const: \"$…\" }`");
            return None;
        }
        self.path(text).map(Alternative::Path)
    }

    fn capture_rule(
        &mut self,
        name: &str,
        rule: &CaptureRuleDocument,
        default_as: As,
        position: Position,
        answer: Answer,
    ) -> Option<Capture> {
        let source = self.rule_source(rule, position, answer);
        let regex = match &rule.regex {
            Some(text) => {
                let regex = self.regex(text);
                Some(self.group(regex?, rule)?)
            }
            None => None,
        };
        if let (true, Some(default)) = (rule.required.is_some_and(|required| required.value), &rule.default) {
            self.problems
                .add(
                    Code::ConflictingKeys,
                    default.span,
                    "What has a default never finds nothing, so `required` says nothing.",
                )
                .help("remove `required` or `default`");
        }
        Some(Capture {
            name: name.to_owned(),
            source: source?,
            regex,
            convert: rule.convert.map_or(default_as, |convert| convert.value),
            pick: rule.pick.map(|pick| pick.value),
            separator: rule.separator.as_ref().map_or_else(|| ", ".to_owned(), |separator| separator.value.clone()),
            required: rule.required.is_some_and(|required| required.value),
            secret: rule.secret.is_some_and(|secret| secret.value),
            default: rule.default.as_ref().map(Node::to_value),
        })
    }

    fn rule_source(&mut self, rule: &CaptureRuleDocument, position: Position, answer: Answer) -> Option<CaptureSource> {
        if let Some(constant) = &rule.constant {
            return Some(CaptureSource::Constant(constant.to_value()));
        }
        if let Some(paths) = &rule.path {
            for path in paths.iter().filter(|path| !path.value.starts_with('$') && !path.value.contains("{{")) {
                self.problems
                    .add(Code::BadJsonPath, path.span, "A path begins with `$`.")
                    .help(format!("did you mean `$.{}`?", path.value));
            }
            return self.alternatives(paths, position, answer).map(CaptureSource::Alternatives);
        }
        if answer == Answer::None {
            self.problems
                .add(
                    Code::PathWithoutAnswer,
                    rule.span,
                    "There is not one certain answer here whose header or status could be taken.",
                )
                .help("capture it in its step and write \"{{vars.…}}\"");
            return None;
        }
        if let Some(header) = &rule.header {
            return self.answered_header(header).map(CaptureSource::Header);
        }
        Some(CaptureSource::Status)
    }

    fn group(&mut self, regex: RegularExpression, rule: &CaptureRuleDocument) -> Option<(RegularExpression, usize)> {
        let groups = regex.groups();
        let default = usize::from(groups > 1);
        let Some(group) = rule.group else { return Some((regex, default)) };
        match usize::try_from(group.value).ok().filter(|group| *group < groups) {
            Some(group) => Some((regex, group)),
            None => {
                self.problems
                    .add(Code::BadRegex, group.span, format!("The regular expression has no group {}.", group.value))
                    .help(format!("it has groups 0 to {}", groups - 1));
                None
            }
        }
    }
}
