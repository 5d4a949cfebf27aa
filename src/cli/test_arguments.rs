//! The flags of `test`.

use std::path::PathBuf;

use clap::builder::FalseyValueParser;
use clap::{Args, ValueEnum};

use super::arguments::DefinitionArguments;

#[derive(Debug, Args)]
pub(super) struct TestArguments {
    #[command(flatten)]
    pub(super) definitions: DefinitionArguments,
    /// Only actions whose route contains one of these.
    #[arg(value_name = "ROUTE")]
    pub(super) routes: Vec<String>,
    /// Only tests whose name contains this.
    #[arg(long, value_name = "TEXT", env = "ACTION_EXECUTOR_NAME")]
    pub(super) name: Option<String>,
    /// Print only what fails, and how many.
    #[arg(long, short, value_parser = FalseyValueParser::new(), env = "ACTION_EXECUTOR_QUIET")]
    pub(super) quiet: bool,
    /// Run them again whenever a file changes.
    #[arg(long, value_parser = FalseyValueParser::new(), env = "ACTION_EXECUTOR_WATCH")]
    pub(super) watch: bool,
    /// Say which steps, conditions and error rules no test reaches.
    #[arg(long, value_parser = FalseyValueParser::new(), env = "ACTION_EXECUTOR_COVERAGE")]
    pub(super) coverage: bool,
    /// Also write the results as JUnit XML.
    #[arg(long, value_name = "FILE", env = "ACTION_EXECUTOR_JUNIT")]
    pub(super) junit: Option<PathBuf>,
    /// How results are printed. `json` tells also the requests that were built, and the coverage.
    #[arg(long, value_enum, default_value_t = TestFormat::Text, env = "ACTION_EXECUTOR_FORMAT")]
    pub(super) format: TestFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum TestFormat {
    /// For people.
    Text,
    /// One JSON document.
    Json,
}
