//! Directory → [`Files`]: the only reading of files in this layer.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use sha2::{Digest as _, Sha256};

use super::files::{File, Files, UnitFiles};
use crate::diagnostic::{Code, Diagnostic, Source, Span};
use crate::route::Route;

const MAX_FILE: u64 = 1024 * 1024;

/// Attempts to read while the directory keeps changing.
const MAX_ATTEMPTS: usize = 5;

/// The directory of definitions cannot be read at all.
#[derive(Debug, thiserror::Error)]
#[error("the directory of definitions {path} cannot be read: {reason}")]
pub struct LoadError {
    /// Which.
    pub path: PathBuf,
    /// Why.
    pub reason: io::Error,
}

/// Reads every definition below `directory`, all of one moment.
///
/// Names that begin with `.` (also the `..data` of a mounted ConfigMap), editors' backups and files
/// other than `.yaml` and `.yml` are left alone.
///
/// # Errors
/// Only if the directory itself cannot be read; what is wrong with single files is in [`UnitFiles::problems`].
pub fn load(directory: &Path) -> Result<Files, LoadError> {
    let failed = |reason| LoadError { path: directory.to_owned(), reason };
    let mut listing = list(directory).map_err(failed)?;
    for _ in 1..MAX_ATTEMPTS {
        let files = read(directory, &listing);
        let again = list(directory).map_err(failed)?;
        if again == listing {
            return Ok(files);
        }
        listing = again;
    }
    Ok(read(directory, &listing))
}

/// One file as the file system describes it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Listed {
    path: PathBuf,
    kind: Kind,
    length: u64,
    modified: Option<SystemTime>,
    depth: usize,
}

/// What stands behind a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    File,
    /// A link to nothing, or to what may not be seen.
    Nothing,
    /// Reading it might never end.
    Special,
}

/// Every definition, one level of directories deep, and deeper ones so that they can be reported.
fn list(directory: &Path) -> io::Result<Vec<Listed>> {
    let mut listed = Vec::new();
    list_into(directory, 0, &mut listed)?;
    listed.sort();
    Ok(listed)
}

fn list_into(directory: &Path, depth: usize, listed: &mut Vec<Listed>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(['.', '#']) || name.ends_with('~') {
            continue;
        }
        let path = entry.path();
        // Follows links, since ConfigMaps are made of them.
        let metadata = fs::metadata(&path);
        if metadata.as_ref().is_ok_and(fs::Metadata::is_dir) {
            if depth < 3 {
                list_within(&path, depth + 1, listed)?;
            }
            continue;
        }
        // A plain file that cannot be found any more is gone; a link is still there.
        if metadata.is_err() && fs::symlink_metadata(&path).is_err() || !is_definition(&path) {
            continue;
        }
        let kind = match &metadata {
            Ok(metadata) if metadata.is_file() => Kind::File,
            Ok(_) => Kind::Special,
            Err(_) => Kind::Nothing,
        };
        let (length, modified) = metadata.map_or((0, None), |metadata| (metadata.len(), metadata.modified().ok()));
        listed.push(Listed { path, kind, length, modified, depth });
    }
    Ok(())
}

/// A directory that goes away while it is listed is gone; one that cannot be read is no reason to drop its actions.
fn list_within(directory: &Path, depth: usize, listed: &mut Vec<Listed>) -> io::Result<()> {
    match list_into(directory, depth, listed) {
        Err(error) if !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Err(io::Error::new(error.kind(), format!("{}: {error}", directory.display())))
        }
        _ => Ok(()),
    }
}

fn is_definition(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
}

fn read(directory: &Path, listing: &[Listed]) -> Files {
    let mut units: BTreeMap<String, UnitFiles> = BTreeMap::new();
    for listed in listing {
        let parent = listed.path.parent().unwrap_or(directory);
        let within = parent.strip_prefix(directory).unwrap_or(parent);
        let name = within
            .components()
            .next()
            .map(|first| first.as_os_str().to_string_lossy().into_owned())
            .unwrap_or_default();
        let unit = units.entry(name.clone()).or_insert_with(|| unit(directory, &name));
        read_one(listed, unit);
    }
    Files { units }
}

/// A service directory of which nothing is read yet.
fn unit(directory: &Path, name: &str) -> UnitFiles {
    let directory = directory.join(name);
    let mut problems = Vec::new();
    // Whatever stands in it: the name is also that of the service, as in `/zendesk/_verify`.
    if !name.is_empty() && format!("/{name}/action").parse::<Route>().is_err() {
        problems.push(Diagnostic {
            code: Code::BadRoute,
            message: "The directory's name becomes part of every route, and cannot.".to_owned(),
            help: Some("use letters, digits, `-` and `_`".to_owned()),
            source: Arc::new(Source::new(directory.to_string_lossy(), "")),
            span: Span::default(),
        });
    }
    UnitFiles { directory, problems, ..UnitFiles::default() }
}

fn read_one(listed: &Listed, unit: &mut UnitFiles) {
    let shown = listed.path.to_string_lossy().into_owned();
    let stem = listed.path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let problems = &mut unit.problems;
    let mut problem = |code, message: &str, help: &str| {
        let source = Arc::new(Source::new(shown.clone(), ""));
        problems.push(Diagnostic {
            code,
            message: message.to_owned(),
            help: Some(help.to_owned()),
            source,
            span: Span::default(),
        });
    };
    if listed.depth > 1 {
        return problem(
            Code::UnreadableFile,
            "Definitions stand one directory deep, not deeper.",
            "move the file up, or give it another ending than .yaml",
        );
    }
    if !is_name(&stem) {
        return problem(
            Code::BadRoute,
            "The file's name becomes part of a route, and cannot.",
            "use letters, digits, `-` and `_`",
        );
    }
    match listed.kind {
        Kind::File => {}
        Kind::Nothing => {
            return problem(Code::UnreadableFile, "The link leads to nothing that can be read.", "mend or remove it");
        }
        Kind::Special => {
            return problem(Code::UnreadableFile, "This is no regular file.", "put a regular file in its place");
        }
    }
    if listed.length > MAX_FILE {
        return problem(Code::UnreadableFile, "The file is larger than 1 MiB.", "split it into several actions");
    }
    let bytes = match fs::read(&listed.path) {
        Ok(bytes) => bytes,
        // Gone since it was listed: the second listing will tell.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return,
        Err(error) => {
            return problem(
                Code::UnreadableFile,
                &format!("The file cannot be read: {error}."),
                "check its permissions",
            );
        }
    };
    let digest = Sha256::digest(&bytes).into();
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            return problem(
                Code::UnreadableFile,
                &format!("The file is not UTF-8 from byte {at} on."),
                "save it as UTF-8",
            );
        }
    };
    if stem == "service" && listed.depth == 0 {
        return problem(
            Code::UnreadableFile,
            "A `service.yaml` belongs into the directory of its service.",
            "make a directory for it, or put its keys into each action",
        );
    }
    let file = File { source: Arc::new(Source::new(shown.clone(), text)), digest };
    let twice = if stem == "service" {
        unit.service.replace(file).is_some()
    } else {
        unit.actions.insert(stem.clone(), file).is_some()
    };
    if twice {
        problem(
            Code::DuplicateRoute,
            "There are two files of this name, with the endings .yaml and .yml.",
            "keep one of them",
        );
    }
}

fn is_name(stem: &str) -> bool {
    !stem.is_empty()
        && stem.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
        && !stem.starts_with('_')
}
