//! Exit codes; part of the interface, never renumbered.

use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: all is well.
    Ok,
    /// 1: a test or a call failed.
    Failed,
    /// 2: definitions have errors, or the process cannot start.
    Definitions,
    /// 64: the command was not understood (`EX_USAGE` of sysexits.h).
    Usage,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Ok => 0,
            Exit::Failed => 1,
            Exit::Definitions => 2,
            Exit::Usage => 64,
        })
    }
}
