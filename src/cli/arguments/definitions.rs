//! The flags about definitions.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;

use crate::origin::Origin;

/// Where the definitions are, and what the operator decides about them.
#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct DefinitionArguments {
    /// The directory of definitions.
    #[arg(long, value_name = "DIR", default_value = "actions.d", env = "ACTION_EXECUTOR_ACTIONS")]
    pub(in crate::cli) actions: PathBuf,
    /// The operator's settings, a YAML file; flags and variables override it.
    #[arg(long, value_name = "FILE", env = "ACTION_EXECUTOR_SETTINGS")]
    pub(in crate::cli) settings: Option<PathBuf>,
    /// A secret for the root `secrets` of templates, from the environment or a file.
    #[arg(
        long = "secret",
        value_name = "NAME=env:VARIABLE|file:PATH",
        env = "ACTION_EXECUTOR_SECRET",
        value_delimiter = ','
    )]
    pub(in crate::cli) secrets: Vec<String>,
    /// Those of the settings file.
    #[arg(skip)]
    pub(in crate::cli) more_secrets: BTreeMap<String, Origin>,
}
