//! The names below a directory of definitions, with what tells that they changed.
//!
//! Reads no file: two listings that are equal mean that what was read between them is of one moment.

use std::borrow::Cow;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::files::Stamp;
use crate::route::Route;

/// Directories below the top that are looked into; one is allowed.
const MAX_DEPTH: usize = 3;

/// One name as the file system describes it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Listed {
    pub(super) path: PathBuf,
    /// Directories between the top and this.
    pub(super) depth: usize,
    pub(super) found: Found,
}

/// What stands under a name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Found {
    /// A definition.
    File(Stamp),
    /// A definition, or a directory that may hold some, that cannot be read: a full sentence.
    Unreadable(String),
}

/// Every definition, one level of directories deep, and deeper ones so that they can be reported.
pub(super) fn list(directory: &Path) -> io::Result<Vec<Listed>> {
    let mut listed = Vec::new();
    list_into(directory, 0, &mut listed)?;
    listed.sort();
    Ok(listed)
}

fn list_into(directory: &Path, depth: usize, listed: &mut Vec<Listed>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let name = file_name(&path);
        if name.starts_with(['.', '#']) || name.ends_with('~') {
            continue;
        }
        // Follows links, since ConfigMaps are made of them.
        match fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => list_below(&path, depth + 1, listed),
            Ok(metadata) if is_definition(&path) => listed.push(Listed { depth, found: found(&metadata), path }),
            Ok(_) => {}
            Err(error) => {
                // A link that leads nowhere still has a name; without one it is gone since it was listed.
                let gone = error.kind() == io::ErrorKind::NotFound && fs::symlink_metadata(&path).is_err();
                if !gone && may_matter(&path, depth) {
                    listed.push(Listed { found: Found::Unreadable(unreadable(&error)), depth, path });
                }
            }
        }
    }
    Ok(())
}

/// A directory that cannot be listed is no empty one: what it served must not go away with the permission to read it.
fn list_below(directory: &Path, depth: usize, listed: &mut Vec<Listed>) {
    if depth > MAX_DEPTH {
        return;
    }
    let mut below = Vec::new();
    match list_into(directory, depth, &mut below) {
        Ok(()) => listed.append(&mut below),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        // `lost+found` is readable to nobody and no service.
        Err(error) if depth == 1 && is_directory_name(&file_name(directory)) => {
            listed.push(Listed { path: directory.to_owned(), depth: 0, found: Found::Unreadable(unreadable(&error)) });
        }
        Err(_) => {}
    }
}

/// Whether a name that cannot be looked at, as a link that leads nowhere, seems to be one of a definition or a service.
fn may_matter(path: &Path, depth: usize) -> bool {
    is_definition(path) || depth == 0 && is_name(&file_name(path))
}

fn file_name(path: &Path) -> Cow<'_, str> {
    path.file_name().unwrap_or_default().to_string_lossy()
}

fn found(metadata: &fs::Metadata) -> Found {
    if metadata.is_file() {
        Found::File(Stamp { length: metadata.len(), modified: metadata.modified().ok(), changed: changed(metadata) })
    } else {
        // Reading a pipe would wait for a writer that never comes.
        Found::Unreadable("This is neither a file nor a link to one.".to_owned())
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
