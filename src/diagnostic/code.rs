//! Every problem that can be reported, by its stable name.

/// Whether a problem stops a definition from being served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The definition is not served.
    Error,
    /// The definition is served; something in it is probably not meant.
    Warning,
}

/// Stable identifier of a problem. Never renamed, never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// The file is not YAML.
    Syntax,
    /// The file cannot be read, is not UTF-8, or is over the size limit.
    UnreadableFile,
    /// A key that the language does not have.
    UnknownKey,
    /// A key that must be there is not.
    MissingKey,
    /// Two keys that exclude one another, or none of several that are needed.
    ConflictingKeys,
    /// A list where a map belongs, a number where a text belongs, and so on.
    WrongType,
    /// The same key twice in one map.
    DuplicateKey,
    /// The right type, but not a value that means something here.
    InvalidValue,
    /// A plain scalar that YAML 1.1 tools read as another type (`yes`, `0123`, `12:30`).
    AmbiguousScalar,
    /// `version` is missing or not one this program knows.
    UnknownVersion,
    /// A template that cannot be parsed, or uses what is not allowed in templates.
    BadTemplate,
    /// `{{{ }}}` or `{{& }}`: escaping follows the position and cannot be turned off.
    UnescapedBraces,
    /// A template starts with a name that is no root here.
    UnknownRoot,
    /// A field, capture or response field that nothing declares.
    UnknownField,
    /// A helper that does not exist.
    UnknownHelper,
    /// A helper called with the wrong number or kind of arguments.
    BadHelperCall,
    /// A name that hides a root or another name.
    ShadowedName,
    /// A JSONPath that cannot be parsed, or that this engine cannot evaluate as RFC 9535 says.
    BadJsonPath,
    /// A path stands where no answer is at hand.
    PathWithoutAnswer,
    /// A regular expression that cannot be compiled.
    BadRegex,
    /// A condition that cannot be evaluated.
    BadCondition,
    /// A condition that can never hold, or always does.
    ContradictoryCondition,
    /// A capture is used where it need not exist.
    UnassignedCapture,
    /// A capture is used before the step that makes it.
    ForwardReference,
    /// Two steps with one `id`.
    DuplicateStep,
    /// `rerun_from` names a step that it cannot go back to.
    BadRerun,
    /// A capture that nothing uses.
    UnusedCapture,
    /// An input field that nothing uses.
    UnusedInput,
    /// Two actions with one route.
    DuplicateRoute,
    /// A route that cannot be served.
    BadRoute,
    /// A URL or path that cannot be sent.
    BadUrl,
    /// The host is not among `allowed_hosts`.
    HostNotAllowed,
    /// A templated host without `allowed_hosts`.
    MissingAllowedHosts,
    /// A header that the engine itself must write.
    ForbiddenHeader,
    /// A header name or value that HTTP does not allow.
    BadHeader,
    /// Not a status (`404`) or a class (`4xx`).
    BadStatusPattern,
    /// An error rule that can never match.
    UnreachableRule,
    /// A `default`, `enum` or `example` that the field itself would refuse.
    ExampleDoesNotFit,
    /// Response fields that refer to one another in a circle.
    ResponseCycle,
    /// A reserved `$` key that is unknown or out of place.
    BadStructure,
    /// XML that cannot be written as given.
    BadXml,
    /// An action that creates something but requires no id of it.
    UnrequiredId,
    /// A test that cannot be run as written.
    BadTest,
}

impl Code {
    /// Every code, in the order of the documentation.
    pub const ALL: &[Self] = &[
        Self::Syntax,
        Self::UnreadableFile,
        Self::UnknownKey,
        Self::MissingKey,
        Self::ConflictingKeys,
        Self::WrongType,
        Self::DuplicateKey,
        Self::InvalidValue,
        Self::AmbiguousScalar,
        Self::UnknownVersion,
        Self::BadTemplate,
        Self::UnescapedBraces,
        Self::UnknownRoot,
        Self::UnknownField,
        Self::UnknownHelper,
        Self::BadHelperCall,
        Self::ShadowedName,
        Self::BadJsonPath,
        Self::PathWithoutAnswer,
        Self::BadRegex,
        Self::BadCondition,
        Self::ContradictoryCondition,
        Self::UnassignedCapture,
        Self::ForwardReference,
        Self::DuplicateStep,
        Self::BadRerun,
        Self::UnusedCapture,
        Self::UnusedInput,
        Self::DuplicateRoute,
        Self::BadRoute,
        Self::BadUrl,
        Self::HostNotAllowed,
        Self::MissingAllowedHosts,
        Self::ForbiddenHeader,
        Self::BadHeader,
        Self::BadStatusPattern,
        Self::UnreachableRule,
        Self::ExampleDoesNotFit,
        Self::ResponseCycle,
        Self::BadStructure,
        Self::BadXml,
        Self::UnrequiredId,
        Self::BadTest,
    ];

    /// The name shown in brackets and used by tools.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::UnreadableFile => "unreadable-file",
            Self::UnknownKey => "unknown-key",
            Self::MissingKey => "missing-key",
            Self::ConflictingKeys => "conflicting-keys",
            Self::WrongType => "wrong-type",
            Self::DuplicateKey => "duplicate-key",
            Self::InvalidValue => "invalid-value",
            Self::AmbiguousScalar => "ambiguous-scalar",
            Self::UnknownVersion => "unknown-version",
            Self::BadTemplate => "bad-template",
            Self::UnescapedBraces => "unescaped-braces",
            Self::UnknownRoot => "unknown-root",
            Self::UnknownField => "unknown-field",
            Self::UnknownHelper => "unknown-helper",
            Self::BadHelperCall => "bad-helper-call",
            Self::ShadowedName => "shadowed-name",
            Self::BadJsonPath => "bad-json-path",
            Self::PathWithoutAnswer => "path-without-answer",
            Self::BadRegex => "bad-regex",
            Self::BadCondition => "bad-condition",
            Self::ContradictoryCondition => "contradictory-condition",
            Self::UnassignedCapture => "unassigned-capture",
            Self::ForwardReference => "forward-reference",
            Self::DuplicateStep => "duplicate-step",
            Self::BadRerun => "bad-rerun",
            Self::UnusedCapture => "unused-capture",
            Self::UnusedInput => "unused-input",
            Self::DuplicateRoute => "duplicate-route",
            Self::BadRoute => "bad-route",
            Self::BadUrl => "bad-url",
            Self::HostNotAllowed => "host-not-allowed",
            Self::MissingAllowedHosts => "missing-allowed-hosts",
            Self::ForbiddenHeader => "forbidden-header",
            Self::BadHeader => "bad-header",
            Self::BadStatusPattern => "bad-status-pattern",
            Self::UnreachableRule => "unreachable-rule",
            Self::ExampleDoesNotFit => "example-does-not-fit",
            Self::ResponseCycle => "response-cycle",
            Self::BadStructure => "bad-structure",
            Self::BadXml => "bad-xml",
            Self::UnrequiredId => "unrequired-id",
            Self::BadTest => "bad-test",
        }
    }

    /// Whether the problem stops the definition from being served.
    #[must_use]
    pub fn severity(self) -> Severity {
        match self {
            Self::AmbiguousScalar
            | Self::UnusedCapture
            | Self::UnusedInput
            | Self::UnreachableRule
            | Self::UnrequiredId => Severity::Warning,
            _ => Severity::Error,
        }
    }
}
