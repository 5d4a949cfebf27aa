//! `when:`: operands and operators checked, patterns compiled.

use super::compiler::{Compiler, Position};
use crate::condition::{Condition, Operand, Second};
use crate::diagnostic::Code;
use crate::document::{ConditionDocument, ConditionKind, Kind, Node, Text};
use crate::keyword::Comparison;

/// Whether a condition is asked of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// A `$path` may be asked.
    AtHand,
    /// There is nothing a `$path` could look into.
    None,
}

impl Compiler<'_> {
    pub(super) fn condition(
        &mut self,
        document: &ConditionDocument,
        position: Position,
        answer: Answer,
    ) -> Option<Condition> {
        match &document.kind {
            ConditionKind::Present(operand) => self.operand(operand, position, answer).map(Condition::Present),
            ConditionKind::Absent(operand) => self.operand(operand, position, answer).map(Condition::Absent),
            ConditionKind::Empty(operand) => self.operand(operand, position, answer).map(Condition::Empty),
            ConditionKind::Compare(comparison, operand, second) => {
                let operand = self.operand(operand, position, answer);
                let second = self.second(second, position, *comparison);
                Some(Condition::Compare(*comparison, operand?, second?))
            }
            ConditionKind::In(operand, list) => {
                let operand = self.operand(operand, position, answer);
                let list = self.candidates(list, position);
                Some(Condition::In(operand?, list?))
            }
            ConditionKind::Matches(operand, pattern) => {
                let operand = self.operand(operand, position, answer);
                let regex = self.regex(pattern);
                Some(Condition::Matches(operand?, regex?))
            }
            ConditionKind::All(parts) | ConditionKind::Any(parts) if parts.is_empty() => {
                self.problems
                    .add(Code::BadCondition, document.span, "A condition over an empty list says nothing.")
                    .help("name the conditions: `{ all: [ {…}, {…} ] }`");
                None
            }
            ConditionKind::All(parts) => self.conditions(parts, position, answer).map(Condition::All),
            ConditionKind::Any(parts) => self.conditions(parts, position, answer).map(Condition::Any),
            ConditionKind::Not(part) => {
                self.condition(part, position, answer).map(|part| Condition::Not(Box::new(part)))
            }
        }
    }

    fn conditions(
        &mut self,
        parts: &[ConditionDocument],
        position: Position,
        answer: Answer,
    ) -> Option<Vec<Condition>> {
        let compiled: Vec<Option<Condition>> =
            parts.iter().map(|part| self.condition(part, position, answer)).collect();
        compiled.into_iter().collect()
    }

    fn operand(&mut self, text: &Text, position: Position, answer: Answer) -> Option<Operand> {
        if text.value.starts_with('$') {
            if answer == Answer::None {
                self.problems
                    .add(Code::PathWithoutAnswer, text.span, "There is no answer here that a path could look into.")
                    .help("capture the value in an earlier step and ask about `vars.…`");
                return None;
            }
            return self.path(text).map(Operand::Path);
        }
        if text.value.contains("{{") {
            self.problems
                .add(Code::BadCondition, text.span, "A condition takes a bare reference, not a template.")
                .help(format!("write `{}`", text.value.replace(['{', '}'], "").trim()));
            return None;
        }
        self.reference(text, position).map(Operand::Reference)
    }

    /// A literal, or `{ ref: vars.y }`.
    fn second(&mut self, node: &Node, position: Position, comparison: Comparison) -> Option<Second> {
        if let Some(reference) = self.referenced(node, position) {
            return reference;
        }
        let ordered = !matches!(comparison, Comparison::Eq | Comparison::Ne);
        if ordered && !matches!(node.kind, Kind::Number(_)) {
            self.problems
                .add(
                    Code::BadCondition,
                    node.span,
                    format!(
                        "`{}` compares numbers, but this is {}.",
                        crate::condition::operator_name(comparison),
                        node.kind_name()
                    ),
                )
                .help("write a number without quotes, or `{ ref: vars.y }`");
            return None;
        }
        if let Kind::Text(text) = &node.kind
            && text.value.contains("{{")
        {
            self.problems
                .add(Code::BadCondition, text.span, "The second operand is a literal, not a template.")
                .help("write `{ ref: vars.y }` to compare with another value");
            return None;
        }
        Some(Second::Literal(node.to_value()))
    }

    fn candidates(&mut self, node: &Node, position: Position) -> Option<Second> {
        if let Some(reference) = self.referenced(node, position) {
            return reference;
        }
        if !matches!(node.kind, Kind::List(_)) {
            self.problems
                .add(
                    Code::BadCondition,
                    node.span,
                    format!("`in` looks into a list, but this is {}.", node.kind_name()),
                )
                .help("for example `in: [data.priority, [high, urgent]]`");
            return None;
        }
        Some(Second::Literal(node.to_value()))
    }

    /// `Some` if the node is `{ ref: … }`; its content may still be wrong.
    fn referenced(&mut self, node: &Node, position: Position) -> Option<Option<Second>> {
        let Kind::Map(entries) = &node.kind else { return None };
        let [entry] = entries.as_slice() else { return None };
        match (&entry.value.kind, entry.key.value.as_str()) {
            (Kind::Text(text), "ref") => Some(self.reference(text, position).map(Second::Reference)),
            _ => None,
        }
    }
}
