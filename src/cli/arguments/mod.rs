//! The flags that several commands share. Every flag is also `ACTION_EXECUTOR_*` in the environment; the flags of one command
//! are in its own file.

mod authoring;
mod definitions;
mod network;
mod serve;
mod serve_settings;
mod unseen;

pub(super) use authoring::{AuthoringArguments, definition_name};
pub(super) use definitions::DefinitionArguments;
pub(super) use network::{NetworkArguments, ServiceSettings};
pub(super) use serve::{AdminAddress, LogFormat, ServeArguments, admin_address};
