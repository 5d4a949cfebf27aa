//! What an answer means: an expired token, a success, a failure that a rule explains, or one that none does. Pure.
//!
//! The only place where conditions on answers are evaluated; retry, message and captures read the one verdict.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::evidence::{Finding, Unsettled};
use super::{FailureKind, ServiceAnswer};
use crate::budget::{Budget, Exhausted};
use crate::catalog::{Detail, DetailPlace, ErrorRule, Exchange, ExpiryRule, RuleEffect, SuccessRule};
use crate::condition::ConditionError;
use crate::content::ContentKind;
use crate::keyword::ErrorKind;
use crate::template::Scope;
use crate::value::{plain_text, shorten, text_of};

/// Of a service's reason so much is looked at; what the caller sees of it is cut after secrets are
/// masked, since half a secret would not be recognised.
const LONGEST_REASON: usize = 10_000;

/// Keys under which services tell people why, most telling first; case does not count.
const TELLING: [&str; 16] = [
    "message",
    "faultstring",
    "error_description",
    "error_message",
    "errormessage",
    "description",
    "reason",
    "detail",
    "details",
    "error",
    "errors",
    "errormessages",
    "title",
    "msg",
    "text",
    "#text",
];

/// Whether `rerun_from` may still go back: once per call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WayBack {
    /// It has not gone back yet.
    Open,
    /// It has; the rules after it have their turn.
    Spent,
}

/// What an answer means.
#[derive(Clone, Copy, Debug)]
pub(super) enum Verdict<'r> {
    /// The token is no longer good.
    Expired,
    /// A success.
    Success,
    /// A failure, and the rule that explains it, if one does.
    Failed(Option<&'r ErrorRule>),
}

/// An answer with its verdict, and the right to say what came of its attempt.
pub(super) struct Judged<'r> {
    pub(super) answer: ServiceAnswer,
    pub(super) verdict: Verdict<'r>,
    pub(super) attempt: Unsettled,
}

/// Judges an answer, once. `expiry` is the rule for tokens that have expired, where one can still be replaced.
///
/// # Errors
/// When a condition cannot be answered.
pub(super) fn judge<'r>(
    exchange: &'r Exchange,
    expiry: Option<&ExpiryRule>,
    (scope, answer): (&Scope<'_>, &ServiceAnswer),
    back: WayBack,
) -> Result<Verdict<'r>, ConditionError> {
    if let Some(expiry) = expiry
        && has_expired(expiry, scope, answer)?
    {
        return Ok(Verdict::Expired);
    }
    if is_success(&exchange.success, scope, answer)? {
        return Ok(Verdict::Success);
    }
    Ok(Verdict::Failed(matching_rule(&exchange.errors, scope, answer, back)?))
}

/// What a judged answer proves of its attempt.
pub(super) fn finding(verdict: &Verdict<'_>, status: u16) -> Finding {
    let by_status = finding_of_failure(status);
    match verdict {
        // The service looked at the credentials and no further.
        Verdict::Expired => Finding::NotDone,
        Verdict::Success => Finding::Accepted,
        Verdict::Failed(None) => by_status,
        Verdict::Failed(Some(rule)) => match &rule.effect {
            RuleEffect::Fail { carried_out: Some(true), .. } => Finding::Done,
            RuleEffect::Fail { carried_out: Some(false), .. } => Finding::NotDone,
            RuleEffect::Fail { kind: Some(ErrorKind::Unavailable), .. } if !matches!(status, 501 | 503) => {
                Finding::Unknown
            }
            // The definition's author knows the service.
            RuleEffect::Fail { kind: Some(_), .. } => Finding::NotDone,
            RuleEffect::Fail { kind: None, .. } | RuleEffect::Rerun(_) => by_status,
            RuleEffect::Accept(_) => match (status, by_status) {
                (200..=299, _) | (_, Finding::Unknown) => Finding::Accepted,
                _ => Finding::NotDone,
            },
        },
    }
}

/// What an answer that is no success proves by its status: 5xx may come after the work is done, but 501 and 503 say that it
/// is not (RFC 9110 §15.6).
pub(super) fn finding_of_failure(status: u16) -> Finding {
    if status >= 500 && !matches!(status, 501 | 503) { Finding::Unknown } else { Finding::NotDone }
}

/// Whether the service says that the token is no longer good; too many calls never say so.
fn has_expired(rule: &ExpiryRule, scope: &Scope<'_>, answer: &ServiceAnswer) -> Result<bool, ConditionError> {
    if answer.status == 429 || !rule.status.iter().any(|pattern| pattern.matches(answer.status)) {
        return Ok(false);
    }
    rule.when.as_ref().map_or(Ok(true), |when| when.holds(scope, Some(&answer.content)))
}

/// Whether an answer is a success.
fn is_success(rule: &SuccessRule, scope: &Scope<'_>, answer: &ServiceAnswer) -> Result<bool, ConditionError> {
    if !rule.status.iter().any(|pattern| pattern.matches(answer.status)) {
        return Ok(false);
    }
    if rule.graphql && has_graphql_errors(answer, scope.budget())? {
        return Ok(false);
    }
    match &rule.when {
        Some(when) => when.holds(scope, Some(&answer.content)),
        None => Ok(!is_soap_fault(answer, scope.budget())?),
    }
}

/// The first rule that matches; a way back that is spent is passed over.
fn matching_rule<'r>(
    rules: &'r [ErrorRule],
    scope: &Scope<'_>,
    answer: &ServiceAnswer,
    back: WayBack,
) -> Result<Option<&'r ErrorRule>, ConditionError> {
    for rule in rules.iter().filter(|rule| back == WayBack::Open || !matches!(rule.effect, RuleEffect::Rerun(_))) {
        let by_status = rule.status.is_empty() || rule.status.iter().any(|pattern| pattern.matches(answer.status));
        let by_content = !rule.not_json || answer.content.kind() != ContentKind::Json;
        if by_status && by_content {
            let holds = rule.when.as_ref().map_or(Ok(true), |when| when.holds(scope, Some(&answer.content)))?;
            if holds {
                return Ok(Some(rule));
            }
        }
    }
    Ok(None)
}

/// What kind of failure a status is, unless a rule says otherwise.
#[must_use]
pub(super) fn kind_of_status(status: u16) -> FailureKind {
    match status {
        401 => FailureKind::Auth,
        429 => FailureKind::Busy,
        500..=599 => FailureKind::Unavailable,
        _ => FailureKind::Rejected,
    }
}

/// The failure kind of a rule's `kind`.
#[must_use]
pub(super) fn kind_of_rule(kind: ErrorKind) -> FailureKind {
    match kind {
        ErrorKind::Rejected => FailureKind::Rejected,
        ErrorKind::Auth => FailureKind::Auth,
        ErrorKind::Busy => FailureKind::Busy,
        ErrorKind::Unavailable => FailureKind::Unavailable,
        ErrorKind::Conflict => FailureKind::Conflict,
        ErrorKind::NotFound => FailureKind::NotFound,
        ErrorKind::BadAnswer => FailureKind::BadAnswer,
    }
}

/// The service's own reason, by the first source that gives text.
#[must_use]
pub(super) fn reason_by_rule(details: &[Detail], answer: &ServiceAnswer, budget: &Budget) -> Option<String> {
    details.iter().find_map(|detail| {
        let text = match &detail.source {
            DetailPlace::Header(name) => answer.header(name).map(ToOwned::to_owned),
            DetailPlace::Path(path) => {
                let nodes = answer.content.nodes(path, budget).unwrap_or_default();
                let texts: Vec<String> = nodes
                    .into_iter()
                    .filter_map(|node| if detail.fields { fields_text(node) } else { reason_in(node) })
                    .collect();
                (!texts.is_empty()).then(|| texts.join("; "))
            }
        }?;
        let text = match &detail.regex {
            Some(regex) => {
                let in_group = (regex.groups() > 1).then(|| regex.group(&text, 1, budget)).transpose().ok()?.flatten();
                match in_group {
                    Some(found) => found.to_owned(),
                    None => regex.group(&text, 0, budget).ok()??.to_owned(),
                }
            }
            None => text,
        };
        clean(&text)
    })
}

/// The first useful text of an answer, for the built-in message.
#[must_use]
pub(super) fn reason_by_content(answer: &ServiceAnswer, budget: &Budget) -> Option<String> {
    match answer.content.kind() {
        ContentKind::Json | ContentKind::Xml => {
            answer.content.value(budget).unwrap_or_default().and_then(telling_text).and_then(|text| clean(&text))
        }
        ContentKind::Text | ContentKind::Broken => clean(answer.content.text()),
        ContentKind::Empty => None,
    }
}

fn clean(text: &str) -> Option<String> {
    let text = plain_text(text);
    (!text.is_empty()).then(|| shorten(&text, LONGEST_REASON))
}

/// Text of one node; a list or map of reasons is read as fields.
fn reason_in(node: &Value) -> Option<String> {
    text_of(node).filter(|text| !text.trim().is_empty()).map(Cow::into_owned).or_else(|| match node {
        Value::Array(items) => {
            let texts: Vec<String> = items.iter().filter_map(reason_in).collect();
            (!texts.is_empty()).then(|| texts.join("; "))
        }
        Value::Object(_) => telling_text(node).or_else(|| fields_text(node)),
        _ => None,
    })
}

/// `{"subject":["is missing"]}` reads `subject: is missing`.
fn fields_text(node: &Value) -> Option<String> {
    let Value::Object(map) = node else { return reason_in(node) };
    let parts: Vec<String> =
        map.iter().filter_map(|(name, value)| reason_in(value).map(|reason| format!("{name}: {reason}"))).collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// Looks for a telling key, level by level.
fn telling_text(value: &Value) -> Option<String> {
    telling_text_within(value, 8)
}

fn telling_text_within(value: &Value, depth: usize) -> Option<String> {
    if depth == 0 {
        return None;
    }
    match value {
        Value::String(text) => Some(text.clone()).filter(|text| !text.trim().is_empty()),
        Value::Array(items) => {
            let texts: Vec<String> =
                items.iter().take(5).filter_map(|item| telling_text_within(item, depth - 1)).collect();
            (!texts.is_empty()).then(|| texts.join("; "))
        }
        Value::Object(map) => {
            let named = TELLING.iter().filter_map(|key| member(map, key)).find_map(|value| match value {
                Value::Object(inner) if !TELLING.iter().any(|key| member(inner, key).is_some()) => fields_text(value),
                value => telling_text_within(value, depth - 1),
            });
            named.or_else(|| {
                map.values()
                    .filter(|value| value.is_object() || value.is_array())
                    .find_map(|value| telling_text_within(value, depth - 1))
            })
        }
        _ => None,
    }
}

fn member<'v>(map: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    map.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// GraphQL tells failures in the body (GraphQL over HTTP §6.4).
fn has_graphql_errors(answer: &ServiceAnswer, budget: &Budget) -> Result<bool, Exhausted> {
    Ok(answer.content.member("errors", budget)?.is_some_and(|errors| {
        !matches!(errors, Value::Null) && errors.as_array().is_none_or(|errors| !errors.is_empty())
    }))
}

/// SOAP 1.1 and 1.2 tell failures in the body, often with status 200.
fn is_soap_fault(answer: &ServiceAnswer, budget: &Budget) -> Result<bool, Exhausted> {
    if answer.content.kind() != ContentKind::Xml {
        return Ok(false);
    }
    let body = answer.content.member("Envelope", budget)?.and_then(|envelope| envelope.get("Body"));
    Ok(body.is_some_and(|body| body.get("Fault").is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Span;

    #[track_caller]
    fn check(effect: RuleEffect, findings: &[(u16, Finding)]) {
        let (place, span) = (String::new(), Span::default());
        let rule = ErrorRule { status: Vec::new(), when: None, not_json: false, effect, place, span };
        for (status, expected) in findings {
            assert_eq!(finding(&Verdict::Failed(Some(&rule)), *status), *expected, "{status}");
        }
    }

    fn fails(kind: Option<ErrorKind>, carried_out: Option<bool>) -> RuleEffect {
        RuleEffect::Fail { detail: Vec::new(), message: None, kind, retry: None, carried_out }
    }

    #[test]
    fn without_a_rule_the_status_says_what_was_done() {
        use Finding::{Accepted, NotDone, Unknown};
        for (status, expected) in [(400, NotDone), (499, NotDone), (500, Unknown), (501, NotDone), (502, Unknown)] {
            assert_eq!(finding(&Verdict::Failed(None), status), expected, "{status}");
        }
        assert_eq!([503, 504].map(|status| finding(&Verdict::Failed(None), status)), [NotDone, Unknown]);
        assert_eq!(finding(&Verdict::Success, 201), Accepted);
        assert_eq!(finding(&Verdict::Expired, 500), NotDone, "the service looked at the credentials alone");
    }

    #[test]
    fn a_rule_says_better_than_the_status_what_was_done() {
        use Finding::{Accepted, Done, NotDone, Unknown};
        check(fails(None, None), &[(200, NotDone), (500, Unknown), (503, NotDone)]);
        check(fails(None, Some(true)), &[(200, Done), (400, Done), (503, Done)]);
        check(fails(None, Some(false)), &[(200, NotDone), (500, NotDone)]);
        check(
            fails(Some(ErrorKind::Unavailable), None),
            &[(200, Unknown), (500, Unknown), (501, NotDone), (503, NotDone)],
        );
        check(fails(Some(ErrorKind::Rejected), None), &[(200, NotDone), (500, NotDone)]);
        check(RuleEffect::Rerun(0), &[(404, NotDone), (500, Unknown)]);
        check(RuleEffect::Accept(Vec::new()), &[(200, Accepted), (299, Accepted), (404, NotDone), (500, Accepted)]);
    }
}
