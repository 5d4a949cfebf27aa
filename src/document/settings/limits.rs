//! `limits:` of the settings: bounds of what comes in.

use std::time::Duration;

use schemars::JsonSchema;

use super::scalars::{Bytes, Count, Time};
use crate::diagnostic::Problems;
use crate::document::decode::{Decode, Fields};
use crate::document::schema::BytesText;
use crate::document::{Node, Spanned};

/// Bounds of what comes in.
#[derive(Clone, Debug, Default, PartialEq, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ServerLimitsDocument {
    /// Connections at once; more are told at once that the server is too busy.
    #[schemars(with = "Option<usize>", extend("default" = 4096, "examples" = [20000]))]
    pub connections: Option<Spanned<usize>>,
    /// Calls in hand at once; more are told at once that the server is too busy.
    #[schemars(with = "Option<usize>", extend("default" = 1024, "examples" = [10000]))]
    pub calls: Option<Spanned<usize>>,
    /// Calls in hand at once of each service, so that a slow one leaves room for the others; no bound of its own if not said.
    #[schemars(with = "Option<usize>", extend("examples" = [200]))]
    pub calls_per_service: Option<Spanned<usize>>,
    /// Calls that are remembered for the console and the admin API, the oldest forgotten first; each takes about 1 KiB.
    #[schemars(with = "Option<usize>", extend("default" = 1000, "examples" = [50000]))]
    pub recent_calls: Option<Spanned<usize>>,
    /// Largest body of a call.
    #[schemars(with = "Option<BytesText>", extend("default" = "256KiB", "examples" = ["256KiB"]))]
    pub body: Option<Spanned<usize>>,
    /// Memory for the bodies of all calls that are being read.
    #[schemars(with = "Option<BytesText>", extend("default" = "64MiB", "examples" = ["64MiB"]))]
    pub bodies: Option<Spanned<usize>>,
    /// Bytes that one call may build or read in all.
    #[schemars(with = "Option<BytesText>", extend("default" = "32MiB", "examples" = ["32MiB"]))]
    pub call_bytes: Option<Spanned<usize>>,
    /// Steps of work of one call in all: a value that is visited, or 64 bytes compared.
    #[schemars(with = "Option<usize>", extend("default" = 2_000_000, "examples" = [4_000_000]))]
    pub call_steps: Option<Spanned<usize>>,
    /// Requests of one call in all: steps, elements, retries.
    #[schemars(with = "Option<usize>", extend("default" = 500, "examples" = [100]))]
    pub call_requests: Option<Spanned<usize>>,
    /// From the head of a request to the end of its body; the time of a call if not said.
    #[schemars(with = "Option<String>", extend("examples" = ["8s"]))]
    pub body_time: Option<Spanned<Duration>>,
    /// Largest head of a request.
    #[schemars(with = "Option<BytesText>", extend("default" = "32KiB", "examples" = ["16KiB"]))]
    pub head: Option<Spanned<usize>>,
    /// From the first byte of a head to its last.
    #[schemars(with = "Option<String>", extend("default" = "10s", "examples" = ["5s"]))]
    pub head_time: Option<Spanned<Duration>>,
    /// How long a connection may stay without a request.
    #[schemars(with = "Option<String>", extend("default" = "75s", "examples" = ["60s"]))]
    pub idle_time: Option<Spanned<Duration>>,
    /// How long a client may refuse to take what is sent.
    #[schemars(with = "Option<String>", extend("default" = "30s", "examples" = ["10s"]))]
    pub write_time: Option<Spanned<Duration>>,
}

impl Decode for ServerLimitsDocument {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(node, "`limits`", problems)?;
        let count = |count: Count| count.0;
        let bytes = |bytes: Bytes| bytes.0;
        let time = |time: Time| time.0;
        let document = Self {
            connections: fields.optional("connections").map(count),
            calls: fields.optional("calls").map(count),
            calls_per_service: fields.optional("calls_per_service").map(count),
            recent_calls: fields.optional("recent_calls").map(count),
            body: fields.optional("body").map(bytes),
            bodies: fields.optional("bodies").map(bytes),
            call_bytes: fields.optional("call_bytes").map(bytes),
            call_steps: fields.optional("call_steps").map(count),
            call_requests: fields.optional("call_requests").map(count),
            body_time: fields.optional("body_time").map(time),
            head: fields.optional("head").map(bytes),
            head_time: fields.optional("head_time").map(time),
            idle_time: fields.optional("idle_time").map(time),
            write_time: fields.optional("write_time").map(time),
        };
        fields.close();
        Some(document)
    }
}
