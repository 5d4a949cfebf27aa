//! A transport that sends nothing: for seeing what would be sent.

use crate::upstream::{Answer, OutboundRequest, SendError, Sender};

/// Sends nothing.
#[derive(Clone, Copy, Debug)]
pub struct NoTransport;

impl Sender for NoTransport {
    async fn send(&self, _: Box<OutboundRequest>) -> Result<Answer, SendError> {
        // Never tried again.
        Err(SendError::Unsendable("nothing is sent in a dry run"))
    }
}
