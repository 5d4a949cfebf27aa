//! Joins the HTTP/1 heads that the gate lets through to the requests that hyper makes of them, by their order.
//!
//! A request of hyper's has no place for what the gate knows of its head, and a client can forge any header.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

use super::head::Refusal;

/// What the gate knows of one head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CheckedHead {
    /// When the read that brought its first byte ended.
    pub(super) arrived: Instant,
    /// Why it is refused; hyper then gets a head of ours in its place.
    pub(super) refusal: Option<Refusal>,
}

/// The heads of one connection that hyper has not made requests of yet.
#[derive(Debug, Default)]
pub(super) struct CheckedHeads(Mutex<VecDeque<CheckedHead>>);

impl CheckedHeads {
    /// Notes the next head, before hyper gets its bytes.
    pub(super) fn push(&self, head: CheckedHead) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_back(head);
    }

    /// The head of the next request. None if hyper makes a request of bytes that the gate did not take for a head.
    pub(super) fn next(&self) -> Option<CheckedHead> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }
}
