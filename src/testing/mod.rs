//! Runs an action's examples offline: each call of a test is answered by the test itself.
//!
//! Sends nothing; says where what was sent or answered differs from what the test expects.

mod case;
mod coverage;
mod difference;
mod mock_transport;
mod no_transport;
mod recording;

pub use case::{Ran, run_case};
pub use coverage::{Coverage, Covered};
pub use mock_transport::MockTransport;
pub use no_transport::NoTransport;
pub use recording::{RealCall, RecordError, Recording, recorded};
