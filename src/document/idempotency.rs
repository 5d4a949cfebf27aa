//! `idempotency:`: which calls are the same call.

use std::time::Duration;

use schemars::JsonSchema;

use super::decode::{Decode, Fields};
use super::schema::DurationText;
use super::{Node, Spanned, Text};
use crate::diagnostic::{Problems, Span};

/// Calls with the same key, route and credentials are carried out once.
#[derive(Clone, Debug, PartialEq, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct IdempotencyDocument {
    /// What tells calls apart; an absent or empty one tells nothing.
    #[schemars(extend("examples" = ["{{data.call_id}}"]))]
    pub key: Text,
    /// How long a success is remembered; 24h if not said, 30d at most.
    #[schemars(with = "Option<DurationText>", extend("default" = "24h", "examples" = ["24h"]))]
    pub ttl: Option<Spanned<Option<Duration>>>,
    /// Where it stands.
    #[schemars(skip)]
    pub span: Span,
}

impl Decode for IdempotencyDocument {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(node, "`idempotency`", problems)?;
        let (key, ttl) = (fields.required("key"), fields.optional("ttl"));
        fields.close();
        Some(Self { key: key?, ttl, span: node.span })
    }
}
