//! The running program, put together from its parts. The only module that knows all of them.
//!
//! [`App::build`] makes each part of its own piece of the [`Config`]; [`App::serve`] runs them until the process is asked to
//! stop. Knows no command line and prints nothing: `cli` makes the [`Config`], and says what went wrong.

mod callers;
mod calls;
mod config;
mod definitions;
mod drain;
mod error;
mod parts;
mod program;
mod reload;
mod service_manager;
mod settings;
mod signals;
mod sockets;
mod state;
mod traces;

pub use callers::{CallersConfig, FieldConfig, HeaderConfig, NetworksConfig, PathConfig, SignatureConfig};
pub use config::{AdminConfig, Config, LogConfig, PublicConfig};
pub use definitions::DefinitionsConfig;
pub use error::{ServeError, StartError};
pub use program::{Addresses, App};
pub use state::{StateConfig, StatePlace};
pub use traces::TracesConfig;
