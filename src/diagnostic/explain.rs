//! The page of each code, as the documentation has it: what is wrong, a wrong example, the same one mended.

use super::Code;

/// The page, Markdown: a heading, prose, then `## Wrong` and `## Right` with whole files.
#[must_use]
pub fn explanation(code: Code) -> &'static str {
    match code {
        Code::Syntax => include_str!("../../docs/diagnostics/syntax.md"),
        Code::UnreadableFile => include_str!("../../docs/diagnostics/unreadable-file.md"),
        Code::UnknownKey => include_str!("../../docs/diagnostics/unknown-key.md"),
        Code::MissingKey => include_str!("../../docs/diagnostics/missing-key.md"),
        Code::ConflictingKeys => include_str!("../../docs/diagnostics/conflicting-keys.md"),
        Code::WrongType => include_str!("../../docs/diagnostics/wrong-type.md"),
        Code::DuplicateKey => include_str!("../../docs/diagnostics/duplicate-key.md"),
        Code::InvalidValue => include_str!("../../docs/diagnostics/invalid-value.md"),
        Code::AmbiguousScalar => include_str!("../../docs/diagnostics/ambiguous-scalar.md"),
        Code::UnknownVersion => include_str!("../../docs/diagnostics/unknown-version.md"),
        Code::BadTemplate => include_str!("../../docs/diagnostics/bad-template.md"),
        Code::UnescapedBraces => include_str!("../../docs/diagnostics/unescaped-braces.md"),
        Code::UnknownRoot => include_str!("../../docs/diagnostics/unknown-root.md"),
        Code::UnknownField => include_str!("../../docs/diagnostics/unknown-field.md"),
        Code::UnknownHelper => include_str!("../../docs/diagnostics/unknown-helper.md"),
        Code::BadHelperCall => include_str!("../../docs/diagnostics/bad-helper-call.md"),
        Code::ShadowedName => include_str!("../../docs/diagnostics/shadowed-name.md"),
        Code::BadJsonPath => include_str!("../../docs/diagnostics/bad-json-path.md"),
        Code::PathWithoutAnswer => include_str!("../../docs/diagnostics/path-without-answer.md"),
        Code::BadRegex => include_str!("../../docs/diagnostics/bad-regex.md"),
        Code::BadCondition => include_str!("../../docs/diagnostics/bad-condition.md"),
        Code::ContradictoryCondition => include_str!("../../docs/diagnostics/contradictory-condition.md"),
        Code::UnassignedCapture => include_str!("../../docs/diagnostics/unassigned-capture.md"),
        Code::ForwardReference => include_str!("../../docs/diagnostics/forward-reference.md"),
        Code::DuplicateStep => include_str!("../../docs/diagnostics/duplicate-step.md"),
        Code::BadRerun => include_str!("../../docs/diagnostics/bad-rerun.md"),
        Code::UnusedCapture => include_str!("../../docs/diagnostics/unused-capture.md"),
        Code::UnusedInput => include_str!("../../docs/diagnostics/unused-input.md"),
        Code::DuplicateRoute => include_str!("../../docs/diagnostics/duplicate-route.md"),
        Code::BadRoute => include_str!("../../docs/diagnostics/bad-route.md"),
        Code::BadUrl => include_str!("../../docs/diagnostics/bad-url.md"),
        Code::HostNotAllowed => include_str!("../../docs/diagnostics/host-not-allowed.md"),
        Code::MissingAllowedHosts => include_str!("../../docs/diagnostics/missing-allowed-hosts.md"),
        Code::ForbiddenHeader => include_str!("../../docs/diagnostics/forbidden-header.md"),
        Code::BadHeader => include_str!("../../docs/diagnostics/bad-header.md"),
        Code::BadStatusPattern => include_str!("../../docs/diagnostics/bad-status-pattern.md"),
        Code::UnreachableRule => include_str!("../../docs/diagnostics/unreachable-rule.md"),
        Code::ExampleDoesNotFit => include_str!("../../docs/diagnostics/example-does-not-fit.md"),
        Code::ResponseCycle => include_str!("../../docs/diagnostics/response-cycle.md"),
        Code::BadStructure => include_str!("../../docs/diagnostics/bad-structure.md"),
        Code::BadXml => include_str!("../../docs/diagnostics/bad-xml.md"),
        Code::UnrequiredId => include_str!("../../docs/diagnostics/unrequired-id.md"),
        Code::BadTest => include_str!("../../docs/diagnostics/bad-test.md"),
    }
}

/// The page's first sentence.
#[must_use]
pub fn summary(code: Code) -> &'static str {
    explanation(code).lines().skip(1).find(|line| !line.trim().is_empty()).unwrap_or_default()
}
