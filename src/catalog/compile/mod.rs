//! Documents → compiled actions, or every problem at once.
//!
//! Does no I/O. Whatever passes here can be run; nothing is parsed again per call.

mod action;
mod authentication;
mod body;
mod capture;
mod compiler;
mod condition;
mod environment;
mod flow;
mod headers;
mod input;
mod names;
mod references;
mod request;
mod response;
mod rule;
mod service;
mod shared;
mod shared_document;
mod step;
mod structure;
mod test_case;
mod token;
mod url;
mod verify;

pub use action::{Place, ServiceState, compile_action};
pub use service::compile_service;
pub(super) use shared::Shared;
