//! The language server: what an editor asks about definitions while they are written.
//!
//! Answers are pure functions over the text, the place and the workspace; only `server.rs` speaks the protocol.
//! Messages stay JSON values: of the protocol's many types we need a position, a range and an edit.

mod completion;
mod cursor;
mod definition;
mod diagnostics;
mod frame;
mod hover;
mod keys;
mod outline;
mod page;
mod place;
mod rename;
mod server;
mod workspace;

pub use server::{Ending, serve};
