//! The operator's settings file: what the process is run under, and no definition may decide.

mod callers;
mod deadline;
mod file;
mod limits;
mod network;
mod scalars;

pub use callers::{
    AuthFieldDocument, CallersDocument, HeaderDocument, HmacCallerDocument, NetworksDocument, SecretsDocument,
};
pub use file::{LogDocument, SettingsDocument, TlsDocument, TracesDocument};
pub use limits::ServerLimitsDocument;
pub use network::{IdentityDocument, NetworkDocument, ServiceSettingsDocument};
pub use scalars::{AdminPlace, Fraction, LogFormat, StatePlace};
