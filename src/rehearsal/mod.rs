//! Runs an action's examples offline: each call of a test is answered by the test itself.
//!
//! Sends nothing; says where what was sent or answered differs from what the test expects.

mod canned;
mod case;
mod coverage;
mod difference;
mod nobody;
mod recording;

pub use canned::Canned;
pub use case::{Ran, run_case};
pub use coverage::{Coverage, Covered};
pub use nobody::Nobody;
pub use recording::{RealCall, RecordError, Recording, recorded};
