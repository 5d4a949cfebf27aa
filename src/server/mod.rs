//! HTTP in: the listener, the calls of actions, the admin pages; the only place with status codes is `respond`.
//!
//! Knows nothing of definitions: what a call does is `call`'s, [`crate::operations`] is what operators may do, and [`Pages`] what they are shown.
//!
//! The way of a request: `listener` (accept, caps, drain) → `workers` (which thread) → `connection` (which protocol) → `gate` (HTTP/1 heads are
//! checked before hyper sees them) → a [`Handler`] ([`Public`] or [`Admin`]) → `respond`.
//!
//! Every answer is JSON with a `Content-Length`, with two exceptions that hyper gives us no hand in: a connection that
//! sent nothing (or only the beginning of HTTP/2's greeting), or that stayed idle, is closed without an answer, and HTTP/2 requests that break the protocol itself
//! (over-long header lists, bad pseudo headers) get the bare 431 or the stream reset that the `h2` library sends.

mod admin;
mod body;
mod callers;
mod checked_heads;
mod connection;
mod content_type;
mod framing;
mod gate;
mod handler;
mod head;
mod limits;
mod listener;
mod page;
mod payload;
mod preface;
mod public;
mod rejected;
mod request_id;
mod respond;
mod route;
mod session;
mod tls;
mod workers;

#[cfg(test)]
mod tests;

pub use admin::Admin;
pub use callers::{CallerCheck, Callers, Secrets, SecretsError};
pub use handler::{Handler, Received};
pub use limits::{CallLimits, Limits};
pub use listener::{Drained, Listener, Serving};
pub use page::{Asset, PageFuture, PageRequest, PageResponse, Pages, Pairs, SignIn};
pub use payload::Payload;
pub use public::{Public, RoutedAction, Routing};
pub use request_id::RequestId;
pub use respond::{Response, answer_of, answer_text_of};
pub use session::Transport;
pub use tls::{Certificates, TlsError, TlsFiles};
pub use workers::Workers;
