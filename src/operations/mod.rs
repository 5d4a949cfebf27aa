//! Admin operations: the things that operators ask of a running process and order it to do, each with a type of its own.
//!
//! The admin API sends these types as JSON, so the names of their fields are an interface. Pages of the console read the same
//! types. Holds no HTTP and no pages.

mod admin;
mod calls;
mod catalog;
mod hosts;
mod settings;

pub use admin::{Operations, Parts, Readiness};
pub use calls::{CallDetail, CallSummary, Calls, SpanSummary, WorkSummary};
pub use catalog::{ActionSummary, CatalogSummary, Diagnostics, FieldSummary, InputSummary};
pub use hosts::{Host, Hosts, SharedStateHealth};
pub use settings::{
    CallerFieldSettings, CallerHeaderSettings, CallerNetworkSettings, CallerPathSettings, CallerSettings,
    CallerSignatureSettings, LimitSettings, LogSettings, NetworkSettings, ServiceSettings, Settings, TlsSettings,
    TraceSettings,
};
