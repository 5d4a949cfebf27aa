//! How a call ends: what the caller gets, and what the log says. Knows no status codes.

use crate::secret::Masked;
use crate::value::write_json_text;

/// Bytes; most replies need no more.
const USUAL: usize = 256;

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The action was carried out.
    Done(Reply),
    /// The credentials are good; what the caller keeps.
    Verified(serde_json::Map<String, serde_json::Value>),
    /// It was not.
    Failed(Failure),
}

impl Outcome {
    /// The name in logs and metrics.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Done(_) => "done",
            Self::Verified(_) => "verified",
            Self::Failed(failure) => failure.kind.as_str(),
        }
    }

    /// What the log says of a failure.
    #[must_use]
    pub fn cause(&self) -> Option<&Masked> {
        match self {
            Self::Failed(failure) => failure.cause.as_ref(),
            Self::Done(_) | Self::Verified(_) => None,
        }
    }

    /// What the caller reads.
    #[must_use]
    pub fn message(&self) -> Option<&Masked> {
        match self {
            Self::Done(reply) => Some(&reply.message),
            Self::Failed(failure) => Some(&failure.message),
            Self::Verified(_) => None,
        }
    }
}

/// The five fields of the contract, by its names and in its order; absent ones are not sent.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Reply {
    /// What happened, in words; at most 2,000 characters, masked.
    pub message: Masked,
    /// Id of the thing created, if it is no contact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// Id of the contact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact_external_id: Option<String>,
    /// Type of the contact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact_external_type: Option<String>,
    /// Address of the contact, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact_external_url: Option<String>,
}

impl Reply {
    /// A reply that has a message alone.
    #[must_use]
    pub fn new(message: Masked) -> Self {
        Self {
            message,
            external_id: None,
            contact_external_id: None,
            contact_external_type: None,
            contact_external_url: None,
        }
    }

    /// Those that are there, by the contract's names.
    pub fn fields(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let optional = [
            ("external_id", &self.external_id),
            ("contact_external_id", &self.contact_external_id),
            ("contact_external_type", &self.contact_external_type),
            ("contact_external_url", &self.contact_external_url),
        ];
        let there = optional.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?)));
        std::iter::once(("message", self.message.as_str())).chain(there)
    }

    /// As JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut text = Vec::with_capacity(USUAL);
        for (name, value) in self.fields() {
            text.push(if text.is_empty() { b'{' } else { b',' });
            write_json_text(name, &mut text);
            text.push(b':');
            write_json_text(value, &mut text);
        }
        text.push(b'}');
        // Names and values are texts, and so are the escapes of JSON.
        String::from_utf8(text).unwrap_or_default()
    }
}

/// Why a call failed, fit to be kept and shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What kind; decides the reply, the log level, a retry.
    pub kind: FailureKind,
    /// For the caller: at most 500 characters, plain, masked.
    pub message: Masked,
    /// For the log: step, phase, cause; without values, masked.
    pub cause: Option<Masked>,
    /// Whether the call was carried out all the same, and only its reply failed.
    pub is_done: bool,
    /// Whether a service's refusal of the credentials is answered 401.
    pub reply_401: bool,
}

/// What kind of failure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// The caller's input does not fit.
    Input,
    /// The definition's own `fail`.
    Refused,
    /// The service refused the request.
    Rejected,
    /// The service refused the credentials.
    Auth,
    /// The service is too busy.
    Busy,
    /// The service is down or cannot be reached.
    Unavailable,
    /// The thing exists already.
    Conflict,
    /// The thing does not exist.
    NotFound,
    /// The service's answer makes no sense.
    BadAnswer,
    /// The deadline passed.
    Timeout,
    /// We are too busy.
    Overload,
    /// The caller did not show what the operator wants of callers.
    Forbidden,
    /// A request could not be built from the values given.
    Build,
    /// A defect of ours.
    Bug,
}

impl Failure {
    /// A failure in words of our own.
    #[must_use]
    pub fn new(kind: FailureKind, message: Masked) -> Self {
        Self { kind, message, cause: None, is_done: false, reply_401: false }
    }

    /// Adds what the log says.
    #[must_use]
    pub fn caused_by(mut self, cause: &'static str) -> Self {
        self.cause = Some(Masked::fixed(cause));
        self
    }
}

impl FailureKind {
    /// Every kind.
    pub const ALL: [Self; 14] = [
        Self::Input,
        Self::Refused,
        Self::Rejected,
        Self::Auth,
        Self::Busy,
        Self::Unavailable,
        Self::Conflict,
        Self::NotFound,
        Self::BadAnswer,
        Self::Timeout,
        Self::Overload,
        Self::Forbidden,
        Self::Build,
        Self::Bug,
    ];

    /// The name in logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Refused => "refused",
            Self::Rejected => "rejected",
            Self::Auth => "auth",
            Self::Busy => "busy",
            Self::Unavailable => "unavailable",
            Self::Conflict => "conflict",
            Self::NotFound => "not_found",
            Self::BadAnswer => "bad_answer",
            Self::Timeout => "timeout",
            Self::Overload => "overload",
            Self::Forbidden => "forbidden",
            Self::Build => "build",
            Self::Bug => "bug",
        }
    }
}
