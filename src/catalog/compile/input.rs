//! `input:`: fields, their rules, and whether their own defaults and examples fit.

use std::sync::Arc;

use super::compiler::bounded_whole_regex;
use crate::catalog::field::Bounds;
use crate::catalog::{FieldRule, Input};
use crate::diagnostic::{Code, Problems, Span};
use crate::document::{FieldDocument, FieldsDocument, InputDocument, Keyed, Node, Spanned, Text};
use crate::keyword::FieldType;
use crate::regular_expression::RegularExpression;
use crate::value::compare_numbers;

/// The parts of an action's input, a service's `auth` fields first.
pub(super) fn compile_input(
    document: Option<&InputDocument>,
    service: Option<&Input>,
    problems: &mut Problems,
) -> Input {
    let mut input = service.cloned().unwrap_or_default();
    let Some(document) = document else { return input };
    fields(document.auth.as_ref(), Part::Auth, &mut input.auth, problems);
    fields(document.data.as_ref(), Part::Plain, &mut input.data, problems);
    fields(document.meta.as_ref(), Part::Plain, &mut input.meta, problems);
    input
}

/// Whether fields are secret unless they say otherwise.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Auth,
    Plain,
}

fn fields(document: Option<&FieldsDocument>, part: Part, into: &mut Vec<Arc<FieldRule>>, problems: &mut Problems) {
    for (name, field) in document.map(Keyed::iter).into_iter().flatten() {
        if name.value.trim().is_empty() || name.value.contains(|character: char| character.is_control()) {
            problems.add(Code::InvalidValue, name.span, "A field needs a name.").help("name the key the caller sends");
            continue;
        }
        let rule = Arc::new(rule(name, field, part, problems));
        match into.iter_mut().find(|existing| existing.name == rule.name) {
            Some(existing) => *existing = rule,
            None => into.push(rule),
        }
    }
}

fn rule(name: &Text, field: &FieldDocument, part: Part, problems: &mut Problems) -> FieldRule {
    let field_type = field.field_type.map_or(FieldType::String, |field_type| field_type.value);
    let mut rule = FieldRule {
        name: name.value.as_str().into(),
        field_type,
        required: field.required.is_some_and(|required| required.value),
        default: None,
        allowed: Vec::new(),
        pattern: field.pattern.as_ref().and_then(|pattern| anchored(pattern, problems)),
        min: field.min.as_ref().map(|min| min.value.clone()),
        max: field.max.as_ref().map(|max| max.value.clone()),
        length: bounds(field.min_length, field.max_length, problems),
        items: bounds(field.min_items, field.max_items, problems),
        format: field.format.map(|format| format.value),
        secret: field.secret.map_or(part == Part::Auth, |secret| secret.value),
        label: field.label.as_ref().map(|label| label.value.clone()),
        description: field.description.as_ref().map(|description| description.value.clone()),
        example: None,
    };
    check_rules_fit_type(field, field_type, problems);
    if let (Some(min), Some(max)) = (&field.min, &field.max)
        && compare_numbers(&min.value, &max.value).is_gt()
    {
        problems.add(Code::InvalidValue, max.span, "The maximum is below the minimum.").help("swap them");
    }
    let allowed = field.allowed.iter().flatten();
    rule.allowed = allowed.filter_map(|node| fitted(&rule, node, "enum", problems)).collect();
    rule.default = field.default.as_ref().and_then(|node| fitted(&rule, node, "default", problems));
    rule.example = field.example.as_ref().and_then(|node| fitted(&rule, node, "example", problems));
    if let (true, Some(default)) = (rule.required, &field.default) {
        problems
            .add(Code::ConflictingKeys, default.span, "A required field has no use for a default.")
            .help("remove `required` or `default`");
    }
    rule
}

/// The value in the field's type; a problem where the field itself would refuse it.
fn fitted(rule: &FieldRule, node: &Node, key: &str, problems: &mut Problems) -> Option<serde_json::Value> {
    match rule.accept(node.to_value()) {
        Ok(value) => Some(value),
        Err(misfit) => {
            problems
                .add(Code::ExampleDoesNotFit, node.span, format!("The `{key}` of `{}` {}.", rule.name, misfit.0))
                .help(format!("change the `{key}` or the rules of the field"));
            None
        }
    }
}

/// `pattern` must match the whole text.
fn anchored(pattern: &Text, problems: &mut Problems) -> Option<RegularExpression> {
    match bounded_whole_regex(&pattern.value) {
        Ok(regex) => Some(RegularExpression::new(regex)),
        Err(message) => {
            problems
                .add(Code::BadRegex, pattern.span, format!("The regular expression cannot be compiled: {message}."))
                .help("the syntax is that of Rust's regex crate: no look-around and no back-references");
            None
        }
    }
}

fn bounds(min: Option<Spanned<u64>>, max: Option<Spanned<u64>>, problems: &mut Problems) -> Bounds {
    if let (Some(min), Some(max)) = (min, max)
        && min.value > max.value
    {
        problems.add(Code::InvalidValue, max.span, "The maximum is below the minimum.").help("swap them");
    }
    Bounds { min: min.map(|min| min.value), max: max.map(|max| max.value) }
}

/// A rule that the type can never meet is a slip.
fn check_rules_fit_type(field: &FieldDocument, field_type: FieldType, problems: &mut Problems) {
    let text: [(&str, Option<Span>); 4] = [
        ("pattern", field.pattern.as_ref().map(|pattern| pattern.span)),
        ("min_length", field.min_length.map(|min| min.span)),
        ("max_length", field.max_length.map(|max| max.span)),
        ("format", field.format.map(|format| format.span)),
    ];
    let numbers = [("min", field.min.as_ref().map(|min| min.span)), ("max", field.max.as_ref().map(|max| max.span))];
    let items =
        [("min_items", field.min_items.map(|min| min.span)), ("max_items", field.max_items.map(|max| max.span))];
    let mut refuse = |key: &str, span: Option<Span>, types: &str| {
        if let Some(span) = span {
            problems
                .add(Code::ConflictingKeys, span, format!("`{key}` says nothing about a field of this type."))
                .help(format!("`{key}` is for {types}"));
        }
    };
    if !matches!(field_type, FieldType::String | FieldType::Any) {
        text.into_iter().for_each(|(key, span)| refuse(key, span, "`type: string`"));
    }
    if !matches!(field_type, FieldType::Integer | FieldType::Number | FieldType::Any) {
        numbers.into_iter().for_each(|(key, span)| refuse(key, span, "`type: integer` and `type: number`"));
    }
    if !matches!(field_type, FieldType::List | FieldType::Any) {
        items.into_iter().for_each(|(key, span)| refuse(key, span, "`type: list`"));
    }
}
