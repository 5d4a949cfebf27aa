//! Runs an action's examples offline: each call of a test is answered by the test itself.
//!
//! Sends nothing; says where what was sent or answered differs from what the test expects.

mod canned;
mod case;
mod difference;

pub use canned::Canned;
pub use case::run_case;
