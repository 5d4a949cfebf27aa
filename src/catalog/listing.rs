//! The names below a directory of definitions, with what tells that they changed.
//!
//! Reads no file: two listings that are equal mean that what was read between them is of one moment.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::files::Stamp;
use super::parallel;
use crate::route::Route;

/// Directories below the top that are looked into; one is allowed.
const MAX_DEPTH: usize = 3;

/// One name as the file system describes it.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    pub(super) path: PathBuf,
    /// Directories between the top and this.
    pub(super) depth: usize,
    pub(super) found: Entry,
}

impl Listed {
    /// By the bytes of the path: comparing thousands of paths part by part would take longer than listing them.
    fn key(&self) -> (&OsStr, usize, &Entry) {
        (self.path.as_os_str(), self.depth, &self.found)
    }
}

impl PartialEq for Listed {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

/// The entry of a directory under a name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Entry {
    /// A definition.
    File(Stamp),
    /// A definition, or a directory that may hold some, that cannot be read: a full sentence.
    Unreadable(String),
}

/// Every definition, one level of directories deep, and deeper ones so that they can be reported. Directories are listed on
/// all processors.
pub(super) fn list(directory: &Path) -> io::Result<Vec<Listed>> {
    let (mut listed, directories) = list_one(directory, 0)?;
    listed.extend(parallel::each(&directories, |directory| list_below(directory, 1)).into_iter().flatten());
    listed.sort_unstable_by(|one, other| one.key().cmp(&other.key()));
    Ok(listed)
}

/// What stands in one directory, and the directories in it.
fn list_one(directory: &Path, depth: usize) -> io::Result<(Vec<Listed>, Vec<PathBuf>)> {
    let (mut listed, mut directories) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let path = entry.path();
        let name = file_name(&path);
        if name.starts_with(['.', '#']) || name.ends_with('~') {
            continue;
        }
        // Links are followed, since ConfigMaps are made of them; what is none is found sooner from its directory.
        let is_link = entry.file_type().map_or(true, |file_type| file_type.is_symlink());
        match if is_link { fs::metadata(&path) } else { entry.metadata() } {
            Ok(metadata) if metadata.is_dir() => directories.push(path),
            Ok(metadata) if is_definition(&path) => listed.push(Listed { depth, found: found(&metadata), path }),
            Ok(_) => {}
            Err(error) => {
                // A link that leads nowhere still has a name; without one it is gone since it was listed.
                let gone = error.kind() == io::ErrorKind::NotFound && fs::symlink_metadata(&path).is_err();
                if !gone && may_matter(&path, depth) {
                    listed.push(Listed { found: Entry::Unreadable(unreadable(&error)), depth, path });
                }
            }
        }
    }
    Ok((listed, directories))
}

/// A directory that cannot be listed is no empty one: what it served must not go away with the permission to read it.
fn list_below(directory: &Path, depth: usize) -> Vec<Listed> {
    if depth > MAX_DEPTH {
        return Vec::new();
    }
    match list_one(directory, depth) {
        Ok((mut listed, directories)) => {
            listed.extend(directories.iter().flat_map(|directory| list_below(directory, depth + 1)));
            listed
        }
        // `lost+found` is readable to nobody and no service.
        Err(error)
            if error.kind() != io::ErrorKind::NotFound && depth == 1 && is_directory_name(&file_name(directory)) =>
        {
            vec![Listed { path: directory.to_owned(), depth: 0, found: Entry::Unreadable(unreadable(&error)) }]
        }
        Err(_) => Vec::new(),
    }
}

/// Whether a name that cannot be looked at, as a link that leads nowhere, seems to be one of a definition or a service.
fn may_matter(path: &Path, depth: usize) -> bool {
    is_definition(path) || depth == 0 && is_name(&file_name(path))
}

fn file_name(path: &Path) -> Cow<'_, str> {
    path.file_name().unwrap_or_default().to_string_lossy()
}

fn found(metadata: &fs::Metadata) -> Entry {
    if metadata.is_file() {
        Entry::File(Stamp { length: metadata.len(), modified: metadata.modified().ok(), changed: changed(metadata) })
    } else {
        // Reading a pipe would wait for a writer that never comes.
        Entry::Unreadable("This is neither a file nor a link to one.".to_owned())
    }
}

#[cfg(unix)]
#[allow(clippy::unnecessary_wraps, reason = "other systems do not tell")]
fn changed(metadata: &fs::Metadata) -> Option<(i128, u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    let nanoseconds = i128::from(metadata.ctime()) * 1_000_000_000 + i128::from(metadata.ctime_nsec());
    Some((nanoseconds, metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn changed(_: &fs::Metadata) -> Option<(i128, u64, u64)> {
    None
}

pub(super) fn unreadable(error: &io::Error) -> String {
    format!("This cannot be read: {error}.")
}

pub(super) fn is_definition(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("yaml") || ending.eq_ignore_ascii_case("yml"))
}

/// Whether a file name without its ending can be the last part of a route.
pub(super) fn is_name(stem: &str) -> bool {
    !stem.is_empty()
        && stem.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
        && !stem.starts_with('_')
}

/// Whether a directory's name can be the first part of a route.
pub(super) fn is_directory_name(name: &str) -> bool {
    format!("/{name}/action").parse::<Route>().is_ok()
}
