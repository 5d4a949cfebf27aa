//! What calls leave behind for later calls: tokens, idempotency records, counts.
//!
//! Small operations on bytes with a lifetime; what they mean is the engine's business.

mod key;
mod memory;
mod redis;
mod seal;
#[expect(clippy::module_inception, reason = "the module is named after what it holds")]
mod state;
mod store;

pub use key::Key;
pub use memory::Memory;
pub use state::{State, StateError};
pub use store::{Claim, Quota};
