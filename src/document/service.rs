//! `service.yaml`: what all actions of one directory share.

use std::time::Duration;

use super::{AuthenticationDocument, ErrorRuleDocument, InputDocument, Keyed, Node, Spanned, SuccessDocument, Text};

/// One `service.yaml`.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceDocument {
    /// Version of the language; 1.
    pub version: Spanned<u64>,
    /// Name of the service as people know it.
    pub title: Option<Text>,
    /// What it is.
    pub description: Option<Text>,
    /// Fields that every action of the service takes.
    pub input: Option<InputDocument>,
    /// Scheme, host and path prefix of every request.
    pub base_url: Option<Text>,
    /// Hosts a request may go to.
    pub allowed_hosts: Option<Vec<Text>>,
    /// How requests prove who they are.
    pub authentication: Option<AuthenticationDocument>,
    /// Headers of every request.
    pub headers: Option<Keyed<Node>>,
    /// How long to wait.
    pub timeout: Option<TimeoutDocument>,
    /// When to try again.
    pub retry: Option<RetryDocument>,
    /// Bounds of an answer.
    pub limits: Option<LimitsDocument>,
    /// Which answers are a success.
    pub success: Option<SuccessDocument>,
    /// What failures mean; first match wins.
    pub errors: Option<Vec<ErrorRuleDocument>>,
    /// Answer 401 instead of 400 when the service refuses the credentials.
    pub reply_401_on_auth_failure: Option<Spanned<bool>>,
    /// What to do with a value that is one unresolved placeholder.
    pub placeholders: Option<Spanned<Placeholders>>,
}

/// What to do with a value that is nothing but `{{…}}`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Placeholders {
    /// It counts as absent.
    #[default]
    Absent,
    /// It is kept as text.
    Keep,
}

/// `timeout:`
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TimeoutDocument {
    /// Until the connection stands.
    pub connect: Option<Spanned<Option<Duration>>>,
    /// For one attempt, connection included.
    pub attempt: Option<Spanned<Option<Duration>>>,
}

/// `retry:`
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RetryDocument {
    /// Attempts after the first; 0 to 5.
    pub max: Option<Spanned<Option<u64>>>,
    /// `connect` and statuses (`429`, `5xx`).
    pub reasons: Option<Vec<Text>>,
}

/// `limits:`
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LimitsDocument {
    /// Largest answer, in bytes.
    pub max_answer: Option<Spanned<Option<u64>>>,
}
