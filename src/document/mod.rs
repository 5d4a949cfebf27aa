//! Definition files exactly as their authors wrote them.
//!
//! The types mirror the YAML one to one and keep places. They hold no behaviour: the catalog
//! compiles them into something that can run.

mod action;
mod authentication;
mod capture;
mod condition;
mod decode;
mod field;
mod idempotency;
mod input;
mod node;
mod read;
mod request;
mod rule;
mod scalar;
mod schema;
mod service;
mod settings;
mod span;
mod step;
mod syntax;
mod test;
mod verify;
mod yaml;

#[cfg(test)]
mod decode_tests;
#[cfg(test)]
mod record;

pub use action::ActionDocument;
pub use authentication::{
    ApplyDocument, AssertionDocument, AuthenticationDocument, AuthenticationKind, AwsDocument, ClientDocument,
    ExpiryDocument, ExportDocument, HmacDocument, LoginDocument, Oauth1Document, Oauth2Document, TokenDocument,
};
pub use capture::{CaptureDocument, CaptureRuleDocument};
pub use condition::{ConditionDocument, ConditionKind};
pub use decode::Decode;
pub use field::FieldDocument;
pub use idempotency::IdempotencyDocument;
pub use input::{FieldsDocument, InputDocument};
pub use node::{Entry, Keyed, Kind, Node, Spanned, Style, Text};
pub use read::{read_action, read_foreign_yaml, read_service, read_settings};
pub use request::{GraphqlDocument, RawBodyDocument, RequestDocument, StyleDocument};
pub use rule::{DetailDocument, DetailForm, DetailSource, ErrorRuleDocument, SuccessDocument};
pub use schema::{action_schema, service_schema, settings_schema};
pub use service::{LimitsDocument, Rate, RetryDocument, ServiceDocument, TimeoutDocument};
pub use settings::{
    AdminPlace, AuthFieldDocument, CallersDocument, Fraction, HeaderDocument, HmacCallerDocument, IdentityDocument,
    LogDocument, LogFormat, NetworkDocument, NetworksDocument, SecretsDocument, ServerLimitsDocument,
    ServiceSettingsDocument, SettingsDocument, StatePlace, TlsDocument, TracesDocument,
};
pub use step::{ForEachDocument, StepDocument};
pub use test::{
    AnswerDocument, CallDocument, ExpectedRequestDocument, ResultDocument, TestDocument, TestInputDocument,
};
pub use verify::VerifyDocument;
