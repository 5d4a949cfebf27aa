//! Where an operator's secret comes from: the environment or a file, never the command line or the settings themselves.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::secret::Secret;

/// `env:VARIABLE` or `file:PATH`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A variable of the process's environment.
    Environment(String),
    /// A file; the line end after its text does not count.
    File(PathBuf),
}

/// What is neither `env:VARIABLE` nor `file:PATH`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected env:VARIABLE or file:PATH")]
pub struct NoOrigin;

impl FromStr for Origin {
    type Err = NoOrigin;

    fn from_str(text: &str) -> Result<Self, NoOrigin> {
        match text.split_once(':') {
            Some(("env", variable)) if !variable.is_empty() => Ok(Self::Environment(variable.to_owned())),
            Some(("file", path)) if !path.is_empty() => Ok(Self::File(PathBuf::from(path))),
            _ => Err(NoOrigin),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(variable) => write!(f, "env:{variable}"),
            Self::File(path) => write!(f, "file:{}", path.display()),
        }
    }
}

impl Origin {
    /// What stands there.
    ///
    /// # Errors
    /// A variable that is not set to text, or a file that cannot be read as text: which, never what is in it.
    pub fn read(&self) -> Result<Secret<String>, String> {
        match self {
            Self::Environment(variable) => std::env::var(variable)
                .map(Secret::new)
                .map_err(|_| format!("the variable {variable} is not set to text")),
            Self::File(path) => {
                let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
                Ok(Secret::new(text.trim_end_matches(['\r', '\n']).to_owned()))
            }
        }
    }

    /// The same, a relative path taken from `directory`.
    #[must_use]
    pub fn below(self, directory: &Path) -> Self {
        match self {
            Self::File(path) => Self::File(directory.join(path)),
            variable @ Self::Environment(_) => variable,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_a_variable_or_a_file() {
        assert_eq!("env:KEY".parse(), Ok(Origin::Environment("KEY".to_owned())));
        assert_eq!("file:/run/key".parse(), Ok(Origin::File("/run/key".into())));
        for wrong in ["", "KEY", "env:", "file:", "vault:KEY"] {
            assert_eq!(wrong.parse::<Origin>(), Err(NoOrigin), "{wrong}");
        }
    }

    #[test]
    fn the_line_end_of_a_file_is_no_part_of_a_secret() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("key"), " k\r\n").unwrap();
        let origin = Origin::File("key".into()).below(directory.path());
        assert_eq!(origin.read().unwrap().expose(), " k");
    }

    #[test]
    fn what_is_missing_is_named() {
        assert!(Origin::File("/nowhere/key".into()).read().unwrap_err().starts_with("/nowhere/key: "));
        let unset = Origin::Environment("ACTION_EXECUTOR_NOBODY_SETS_THIS".to_owned());
        assert_eq!(unset.read().unwrap_err(), "the variable ACTION_EXECUTOR_NOBODY_SETS_THIS is not set to text");
    }
}
