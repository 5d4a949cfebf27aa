//! The text of every definition below one directory. Holds no behaviour.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use ring::digest::{SHA256, digest};

use crate::diagnostic::{Diagnostic, Source};

/// All definitions, by service directory; `""` holds the actions that have none.
#[derive(Clone, Debug, Default)]
pub struct Files {
    /// The directories, sorted by name.
    pub directories: BTreeMap<String, DirectoryFiles>,
}

/// The files of one service directory.
#[derive(Clone, Debug, Default)]
pub struct DirectoryFiles {
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
    /// There is one without a text to compile; [`DirectoryFiles::problems`] says why.
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
    /// What the file system said of it when it was read; nothing where that proves nothing.
    pub(super) stamp: Option<Stamp>,
}

impl File {
    /// A text that was read, or is known without a file.
    #[must_use]
    pub fn new(source: Arc<Source>) -> Self {
        let digest = digest(&SHA256, source.text().as_bytes()).as_ref().try_into().unwrap_or_default();
        Self { source, digest, stamp: None }
    }
}

/// What tells that a file was not written to: nothing changes its content without changing one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stamp {
    pub(super) length: u64,
    pub(super) modified: Option<SystemTime>,
    /// When anything of it changed, in nanoseconds since 1970, and its number on its device. No program can set the first.
    pub(super) changed: Option<(i128, u64, u64)>,
}

/// A content digest.
pub type Digest = [u8; 32];
