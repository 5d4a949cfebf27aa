//! The text of every definition below one directory. Holds no behaviour.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Source};

/// All definitions, by service directory; `""` holds the actions that have none.
#[derive(Clone, Debug, Default)]
pub struct Files {
    /// The directories, sorted by name.
    pub units: BTreeMap<String, UnitFiles>,
}

/// The files of one service directory.
#[derive(Clone, Debug, Default)]
pub struct UnitFiles {
    /// The directory itself.
    pub directory: PathBuf,
    /// `service.yaml`.
    pub service: ServiceFile,
    /// Every other definition, by its name without ending.
    pub actions: BTreeMap<String, File>,
    /// What is wrong with the files as such.
    pub problems: Vec<Diagnostic>,
}

/// The `service.yaml` of a directory.
#[derive(Clone, Debug, Default)]
pub enum ServiceFile {
    /// There is none: the actions carry everything themselves.
    #[default]
    None,
    /// There is one without a text to compile; [`UnitFiles::problems`] says why.
    Unreadable,
    /// Its text.
    Read(File),
}

/// One file.
#[derive(Clone, Debug)]
pub struct File {
    /// Its name and text.
    pub source: Arc<Source>,
    /// SHA-256 of the text: the same digest, the same file.
    pub digest: Digest,
}

/// A content digest.
pub type Digest = [u8; 32];
