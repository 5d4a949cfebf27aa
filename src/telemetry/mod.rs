//! What the process tells of itself: metrics, the last calls, traces. Holds no value of any call.

mod metrics;
mod process;
mod recent;
mod traces;

pub use metrics::{CallGuard, ConnectionGuard, ListenerMeter, Metrics, RequestMeasure, Snapshot};
pub use recent::{Recent, RecentCall, RecentFilter, message_of};
pub use traces::{TraceSettings, Traces, TracesError};
