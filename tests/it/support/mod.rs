//! What the tests stand on: a service that misbehaves, the binary, a plain client, definitions.
//!
//! Nothing here asserts anything about the product.

mod bridge;
mod client;
mod definitions;
pub(crate) mod frames;
mod gzip;
mod misbehaving;
mod outbound;
mod stub;
mod tls;

pub(crate) use bridge::{Bridge, command};
pub(crate) use client::{Client, ServiceAnswer, post, request};
pub(crate) use definitions::{Definitions, service_at, ticket};
pub(crate) use gzip::{gzip, gzip_header, zeros_without_end};
pub(crate) use misbehaving::Misbehaving;
pub(crate) use outbound::{MIB, closed_port, get, loopback, network, peak_memory, run, send, send_unanswered};
pub(crate) use stub::{Act, Gate, Recorded, StubService, chunked, json_answer, respond};
pub(crate) use tls::{authority, expired_service, mutual_service, second_authority, tls_file, tls_flood, tls_service};

/// Longest wait for anything that must happen; a test that reaches it fails.
pub(crate) const PATIENCE: std::time::Duration = std::time::Duration::from_secs(120);
