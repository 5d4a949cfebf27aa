//! The flags of commands that write definitions.

use clap::Args;
use clap::builder::FalseyValueParser;

use super::definitions::DefinitionArguments;

/// Where what is imported goes.
#[derive(Debug, Args)]
pub(in crate::cli) struct AuthoringArguments {
    #[command(flatten)]
    pub(in crate::cli) definitions: DefinitionArguments,
    /// Print the files instead of writing them.
    #[arg(long, value_parser = FalseyValueParser::new(), env = "ACTION_EXECUTOR_PRINT")]
    pub(in crate::cli) print: bool,
    /// Replace action files that are there already. A `service.yaml` is never replaced.
    #[arg(long, value_parser = FalseyValueParser::new(), env = "ACTION_EXECUTOR_FORCE")]
    pub(in crate::cli) force: bool,
}

/// A file or directory name that makes a route.
pub(in crate::cli) fn definition_name(text: &str) -> Result<String, String> {
    let fits =
        !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c));
    if fits { Ok(text.to_owned()) } else { Err("expected lower-case letters, digits, `_` and `-`".to_owned()) }
}
