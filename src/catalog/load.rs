//! Directory → [`Files`]: the only reading of files in this layer.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read};
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::files::{DirectoryFiles, File, Files, ServiceFile, Stamp};
use super::listing::{Entry, Listed, is_definition, is_directory_name, is_name, list, unreadable};
use super::parallel;
use crate::diagnostic::{Code, Diagnostic, Source, Span};

const MAX_FILE: u64 = 1024 * 1024;

/// The name, without ending, of the file that all actions of a directory share.
const SERVICE: &str = "service";

/// A file that was written to less than this before it was read may be written to again without another stamp.
const SETTLED: Duration = Duration::from_secs(2);

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
/// Only if the directory itself cannot be read; what is wrong with single files is in [`DirectoryFiles::problems`].
pub fn load(directory: &Path) -> Result<Files, LoadError> {
    load_on(directory, &Files::default())
}

/// As [`load`], but what was read `before` and surely has not been written to since is not read again.
///
/// # Errors
/// As [`load`].
pub fn load_on(directory: &Path, before: &Files) -> Result<Files, LoadError> {
    let failed = |reason| LoadError { path: directory.to_owned(), reason };
    let mut listing = list(directory).map_err(failed)?;
    for _ in 1..MAX_ATTEMPTS {
        let files = read(directory, &listing, before);
        let again = list(directory).map_err(failed)?;
        if again == listing {
            return Ok(files);
        }
        listing = again;
    }
    Ok(read(directory, &listing, before))
}

fn read(directory: &Path, listing: &[Listed], before: &Files) -> Files {
    let now = SystemTime::now();
    let read = parallel::each(listing, |listed| {
        let name = unit_of(directory, listed);
        let known = before.directories.get(&name).and_then(|unit| known(listed, unit));
        let file = known.map_or_else(|| read_file(listed, now), |known| Ok(known.clone()));
        (name, file)
    });
    let mut directories: BTreeMap<String, DirectoryFiles> = BTreeMap::new();
    for (listed, (name, file)) in listing.iter().zip(read) {
        let unit = directories.entry(name.clone()).or_insert_with(|| empty_directory(directory, &name));
        place(listed, file, unit);
    }
    Files { directories }
}

/// The first directory below the top; for an unreadable directory, itself.
fn unit_of(directory: &Path, listed: &Listed) -> String {
    if listed.depth == 0 && is_definition(&listed.path) {
        return String::new();
    }
    let within = listed.path.strip_prefix(directory).unwrap_or(&listed.path);
    within.components().next().map(|first| first.as_os_str().to_string_lossy().into_owned()).unwrap_or_default()
}

fn empty_directory(directory: &Path, name: &str) -> DirectoryFiles {
    let mut unit = DirectoryFiles { directory: directory.join(name), ..DirectoryFiles::default() };
    if !name.is_empty() && !is_directory_name(name) {
        let source = Arc::new(Source::new(unit.directory.to_string_lossy(), ""));
        unit.problems.push(Diagnostic {
            code: Code::BadRoute,
            message: "The directory's name becomes part of a route, and cannot.".into(),
            help: Some("use letters, digits, `-` and `_`".into()),
            source,
            span: Span::default(),
        });
    }
    unit
}

/// What was read of a file before, if it was not written to since.
fn known<'f>(listed: &Listed, before: &'f DirectoryFiles) -> Option<&'f File> {
    let Entry::File(stamp) = &listed.found else { return None };
    let service = match &before.service {
        ServiceFile::Read(file) => Some(file),
        ServiceFile::None | ServiceFile::Unreadable => None,
    };
    let action = listed.path.file_stem().and_then(|stem| before.actions.get(stem.to_str()?));
    let same = |file: &&File| file.stamp == Some(*stamp) && OsStr::new(file.source.name()) == listed.path.as_os_str();
    action.into_iter().chain(service).find(same)
}

/// A stamp that proves something: within the clock's precision a file can be written twice.
fn settled(stamp: Stamp, now: SystemTime) -> Option<Stamp> {
    let (changed, ..) = stamp.changed?;
    let now = i128::try_from(now.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_nanos()).ok()?;
    let settled = i128::try_from(SETTLED.as_nanos()).ok()?;
    (changed + settled <= now).then_some(stamp)
}

/// Puts what was read where it belongs, or says what is wrong with it.
fn place(listed: &Listed, file: Result<File, Unread>, unit: &mut DirectoryFiles) {
    let shown = listed.path.to_string_lossy().into_owned();
    let stem = listed.path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let problems = &mut unit.problems;
    let mut problem = |code, message: &str, help: &str| {
        let source = Arc::new(Source::new(shown.clone(), ""));
        problems.push(Diagnostic {
            code,
            message: message.into(),
            help: Some(help.into()),
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
    let is_service = stem == SERVICE && listed.depth == 1;
    if is_service && matches!(unit.service, ServiceFile::None) {
        unit.service = ServiceFile::Unreadable;
    }
    if let Entry::Unreadable(message) = &listed.found {
        return problem(Code::UnreadableFile, message, "check its permissions and where it links to");
    }
    if !is_name(&stem) {
        return problem(
            Code::BadRoute,
            "The file's name becomes part of a route, and cannot.",
            "use letters, digits, `-` and `_`",
        );
    }
    let file = match file {
        Ok(file) => file,
        Err((message, help)) => return problem(Code::UnreadableFile, &message, help),
    };
    if stem == SERVICE && listed.depth == 0 {
        return problem(
            Code::UnreadableFile,
            "A `service.yaml` belongs into the directory of its service.",
            "make a directory for it, or put its keys into each action",
        );
    }
    let twice = if is_service {
        matches!(mem::replace(&mut unit.service, ServiceFile::Read(file)), ServiceFile::Read(_))
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

/// Why a file cannot be read, and what to do.
type Unread = (String, &'static str);

fn read_file(listed: &Listed, now: SystemTime) -> Result<File, Unread> {
    let stamp = match &listed.found {
        Entry::File(stamp) => *stamp,
        Entry::Unreadable(message) => return Err((message.clone(), "check its permissions and where it links to")),
    };
    // Also one that is gone since it was listed: then the second listing differs, and all is read again.
    // Where the directory never rests, an error keeps what was served; leaving the file out would not.
    let bytes = read_bytes(&listed.path, stamp.length)
        .map_err(|error| (unreadable(&error), "check its permissions and where it links to"))?
        .ok_or_else(|| ("The file is larger than 1 MiB.".to_owned(), "split it into several actions"))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        (format!("The file is not UTF-8 from byte {at} on."), "save it as UTF-8")
    })?;
    Ok(File { stamp: settled(stamp, now), ..File::new(Arc::new(Source::new(listed.path.to_string_lossy(), text))) })
}

/// `None` if there is more than a definition may hold, however long the file was when it was listed.
fn read_bytes(path: &Path, listed: u64) -> io::Result<Option<Vec<u8>>> {
    if listed > MAX_FILE {
        return Ok(None);
    }
    // As it was listed: a text is kept for as long as it is served. The byte more is read in vain, to see the end.
    let mut bytes = Vec::with_capacity(usize::try_from(listed).unwrap_or_default().saturating_add(1));
    fs::File::open(path)?.take(MAX_FILE + 1).read_to_end(&mut bytes)?;
    Ok(u64::try_from(bytes.len()).is_ok_and(|length| length <= MAX_FILE).then_some(bytes))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::process::Command;

    use tempfile::TempDir;

    use super::*;

    /// A directory with these names, and what else the test does to it.
    fn directory(names: &[&str], prepare: impl Fn(&Path)) -> TempDir {
        let home = TempDir::new().unwrap();
        for name in names {
            let path = home.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, name).unwrap();
        }
        prepare(home.path());
        home
    }

    #[test]
    fn what_was_not_written_to_is_not_read_again_and_what_was_is() {
        let home = directory(&["s/service.yaml", "s/a.yaml", "s/b.yaml"], |_| ());
        let old = SystemTime::now() + SETTLED * 2;
        let listing = list(home.path()).unwrap();
        // As if some time had passed since the files were written.
        let mut before = Files::default();
        for listed in &listing {
            let unit = before.directories.entry("s".to_owned()).or_insert_with(|| empty_directory(home.path(), "s"));
            place(listed, read_file(listed, old), unit);
        }
        fs::write(home.path().join("s/a.yaml"), "s/A.yaml").unwrap();
        let after = load_on(home.path(), &before).unwrap();
        let text = |files: &Files, stem: &str| files.directories["s"].actions[stem].source.clone();
        assert!(Arc::ptr_eq(&text(&before, "b"), &text(&after, "b")));
        assert_eq!((text(&before, "a").text(), text(&after, "a").text()), ("s/a.yaml", "s/A.yaml"));
        // Just written: the next time it is read once more.
        assert_eq!(after.directories["s"].actions["a"].stamp, None);
    }

    /// What was read: files by name below the directory, and problems as `name: code`.
    #[track_caller]
    fn check(names: &[&str], prepare: impl Fn(&Path), files: &[&str], problems: &[&str]) {
        let home = directory(names, prepare);
        let loaded = load(home.path()).unwrap();
        let below = |source: &Source| Path::new(source.name()).strip_prefix(home.path()).unwrap().display().to_string();
        let mut read = Vec::new();
        let mut wrong = Vec::new();
        for (name, unit) in &loaded.directories {
            let service = match &unit.service {
                ServiceFile::Read(file) => Some(file),
                ServiceFile::None | ServiceFile::Unreadable => None,
            };
            read.extend(service.into_iter().chain(unit.actions.values()).map(|file| below(&file.source)));
            let problem =
                |problem: &Diagnostic| format!("{name}| {}: {}", below(&problem.source), problem.code.as_str());
            wrong.extend(unit.problems.iter().map(problem));
        }
        assert_eq!((read, wrong), (texts(files), texts(problems)));
    }

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    fn nothing(_: &Path) {}

    #[test]
    fn definitions_are_read_by_directory() {
        let names = ["top.yaml", "desk/service.yaml", "desk/b.yml", "desk/a.YAML", "desk/answer.json", "README.md"];
        check(&names, nothing, &["top.yaml", "desk/service.yaml", "desk/a.YAML", "desk/b.yml"], &[]);
    }

    #[test]
    fn what_editors_and_mounts_leave_behind_is_left_alone() {
        let names = [".a.yaml", "a.yaml~", "a.yaml.swp", "#a.yaml#", "..data/a.yaml", ".git/a.yaml", "desk~/a.yaml"];
        check(&names, nothing, &[], &[]);
    }

    #[test]
    fn a_file_behind_links_is_read() {
        let prepare = |root: &Path| {
            symlink("..2026", root.join("..data")).unwrap();
            symlink("..data/a.yaml", root.join("a.yaml")).unwrap();
            symlink("..data", root.join("desk")).unwrap();
        };
        check(&["..2026/a.yaml"], prepare, &["a.yaml", "desk/a.yaml"], &[]);
    }

    #[test]
    fn names_that_cannot_be_served_are_told() {
        let names = ["my desk/a.yaml", "desk/a b.yaml", "desk/_verify.yaml"];
        let problems =
            ["desk| desk/_verify.yaml: bad-route", "desk| desk/a b.yaml: bad-route", "my desk| my desk: bad-route"];
        check(&names, nothing, &["my desk/a.yaml"], &problems);
    }

    #[test]
    fn definitions_out_of_place_are_told() {
        let problems = ["| service.yaml: unreadable-file", "desk| desk/deep/a.yaml: unreadable-file"];
        check(&["service.yaml", "desk/deep/a.yaml"], nothing, &[], &problems);
    }

    #[test]
    fn one_name_with_two_endings_is_told() {
        let names = ["desk/a.yaml", "desk/a.yml", "desk/service.yaml", "desk/service.yml"];
        let problems = ["desk| desk/a.yml: duplicate-route", "desk| desk/service.yml: duplicate-route"];
        check(&names, nothing, &["desk/service.yml", "desk/a.yml"], &problems);
    }

    #[test]
    fn a_link_to_nothing_is_told() {
        let prepare = |root: &Path| {
            symlink("nowhere", root.join("desk/a.yaml")).unwrap();
            symlink("nowhere", root.join("notes.txt")).unwrap();
        };
        check(&["desk/b.yaml"], prepare, &["desk/b.yaml"], &["desk| desk/a.yaml: unreadable-file"]);
    }

    #[test]
    fn a_service_directory_that_cannot_be_read_is_told() {
        let prepare = |root: &Path| {
            symlink("nowhere", root.join("desk")).unwrap();
            symlink("circle", root.join("circle")).unwrap();
            symlink("nowhere", root.join("lost+found")).unwrap();
        };
        check(&[], prepare, &[], &["circle| circle: unreadable-file", "desk| desk: unreadable-file"]);
    }

    #[test]
    fn a_pipe_is_told_and_not_waited_for() {
        let prepare = |root: &Path| {
            assert!(Command::new("mkfifo").arg(root.join("pipe.yaml")).status().unwrap().success());
        };
        check(&[], prepare, &[], &["| pipe.yaml: unreadable-file"]);
    }

    #[test]
    fn what_is_no_text_or_too_long_is_told() {
        let prepare = |root: &Path| {
            fs::write(root.join("latin.yaml"), b"title: caf\xe9").unwrap();
            fs::write(root.join("long.yaml"), vec![b' '; 1024 * 1024 + 1]).unwrap();
            fs::write(root.join("just.yaml"), vec![b' '; 1024 * 1024]).unwrap();
        };
        check(&[], prepare, &["just.yaml"], &["| latin.yaml: unreadable-file", "| long.yaml: unreadable-file"]);
    }

    #[test]
    fn an_unreadable_service_file_is_not_taken_for_none() {
        let home = directory(&["desk/a.yaml"], |root| symlink("nowhere", root.join("desk/service.yaml")).unwrap());
        let files = load(home.path()).unwrap();
        assert!(matches!(files.directories["desk"].service, ServiceFile::Unreadable));
    }

    #[test]
    fn a_file_that_is_gone_since_it_was_listed_is_a_problem_and_another_listing() {
        let home = directory(&["desk/a.yaml", "desk/b.yaml"], nothing);
        let listing = list(home.path()).unwrap();
        fs::remove_file(home.path().join("desk/a.yaml")).unwrap();
        let files = read(home.path(), &listing, &Files::default());
        assert_eq!(files.directories["desk"].problems.len(), 1);
        assert_ne!(list(home.path()).unwrap(), listing);
    }

    #[test]
    fn a_file_that_grew_since_it_was_listed_is_another_listing() {
        let home = directory(&["desk/a.yaml"], nothing);
        let listing = list(home.path()).unwrap();
        fs::write(home.path().join("desk/a.yaml"), "longer than its own name").unwrap();
        assert_ne!(list(home.path()).unwrap(), listing);
    }

    #[test]
    fn a_directory_that_is_not_there_or_none_is_an_error() {
        let home = directory(&["a.yaml"], nothing);
        assert_eq!(load(&home.path().join("missing")).unwrap_err().reason.kind(), io::ErrorKind::NotFound);
        assert_eq!(load(&home.path().join("a.yaml")).unwrap_err().reason.kind(), io::ErrorKind::NotADirectory);
    }

    #[test]
    fn the_digest_is_that_of_the_text() {
        let home = directory(&["a.yaml", "b.yaml", "desk/c.yaml"], |root| {
            fs::write(root.join("b.yaml"), "a.yaml").unwrap();
        });
        let files = load(home.path()).unwrap();
        let digest = |unit: &str, stem: &str| files.directories[unit].actions[stem].digest;
        assert_eq!(digest("", "a"), digest("", "b"));
        assert_ne!(digest("", "a"), digest("desk", "c"));
    }
}
