//! The directory of definitions as the editor sees it: its files, with unsaved texts laid over them.
//!
//! Reads files, writes none.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use url::Url;

use super::page::{Page, Sheet};
use crate::catalog::{DirectoryFiles, File, Files, LoadError, Operator, ServiceFile, load};
use crate::diagnostic::{Code, Source};

/// What the editor works on.
#[derive(Debug)]
pub(super) struct Workspace {
    given: PathBuf,
    root: PathBuf,
    operator: Operator,
    open: BTreeMap<PathBuf, String>,
}

impl Workspace {
    /// The directory `root`, with nothing open.
    pub(super) fn new(root: &Path, operator: Operator) -> Self {
        Self { given: root.to_owned(), root: canonical(root), operator, open: BTreeMap::new() }
    }

    /// Where a relative directory of definitions is looked for, if it is not in the working directory.
    pub(super) fn stand_in(&mut self, folder: &Path) {
        let named = folder.join(&self.given);
        if named.is_dir() {
            self.root = canonical(&named);
        }
    }

    /// What the operator decides.
    pub(super) fn operator(&self) -> &Operator {
        &self.operator
    }

    /// Lays a text over a file.
    pub(super) fn write(&mut self, path: &Path, text: String) {
        self.open.insert(canonical(path), text);
    }

    /// Takes the text off again: the file counts as it is on disk.
    pub(super) fn close(&mut self, path: &Path) {
        self.open.remove(&canonical(path));
    }

    /// The text of a file, as the editor has it.
    pub(super) fn text(&self, path: &Path) -> Option<String> {
        let path = canonical(path);
        self.open.get(&path).cloned().or_else(|| fs::read_to_string(path).ok())
    }

    /// Whether a file is a `service.yaml`.
    pub(super) fn is_service(&self, path: &Path) -> bool {
        let directory = canonical(path).parent().map(Path::to_owned);
        path.file_stem().is_some_and(|stem| stem == "service") && directory.is_some_and(|at| at != self.root)
    }

    /// A file with what it stands among; `None` if it is no definition below the directory.
    pub(super) fn page(&self, path: &Path) -> Option<Page> {
        let path = canonical(path);
        let text = self.text(&path)?;
        let files = self.files().ok()?;
        let within = path.strip_prefix(&self.root).ok()?;
        let unit = within.parent().map(|unit| unit.to_string_lossy().into_owned()).unwrap_or_default();
        let unit = files.directories.get(&unit)?;
        let sheet = |file: &File| Sheet::new(PathBuf::from(file.source.name()), file.source.text().to_owned());
        let is_service = self.is_service(&path);
        let service = match &unit.service {
            ServiceFile::Read(file) if !is_service => Some(sheet(file)),
            _ => None,
        };
        let others = unit.actions.values().map(sheet).filter(|sheet| canonical(&sheet.path) != path);
        Some(Page { actions: others.collect(), own: Sheet::new(path, text), service, is_service })
    }

    /// Every definition, unsaved texts laid over the files.
    ///
    /// # Errors
    /// Only if the directory itself cannot be read.
    pub(super) fn files(&self) -> Result<Files, LoadError> {
        let mut files = load(&self.root)?;
        for (path, text) in &self.open {
            self.lay_over(&mut files, path, text);
        }
        Ok(files)
    }

    fn lay_over(&self, files: &mut Files, path: &Path, text: &str) {
        let Ok(within) = path.strip_prefix(&self.root) else { return };
        let parts: Vec<_> = within.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        let unit = match parts.as_slice() {
            [_] => String::new(),
            [unit, _] => unit.clone(),
            _ => return,
        };
        let Some(stem) = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()) else { return };
        if !is_definition(path) {
            return;
        }
        let name = path.to_string_lossy().into_owned();
        let directory = self.root.join(&unit);
        let unit_files =
            files.directories.entry(unit).or_insert_with(|| DirectoryFiles { directory, ..DirectoryFiles::default() });
        // What made the file on disk unreadable is not in the text that is laid over it.
        unit_files.problems.retain(|problem| problem.source.name() != name || problem.code != Code::UnreadableFile);
        let file = File::new(Arc::new(Source::new(name, text)));
        if self.is_service(path) {
            unit_files.service = ServiceFile::Read(file);
        } else {
            unit_files.actions.insert(stem, file);
        }
    }
}

/// The file a `file:` address names.
pub(super) fn path_of(address: &str) -> Option<PathBuf> {
    Url::parse(address).ok()?.to_file_path().ok()
}

/// The `file:` address of a file.
pub(super) fn address_of(path: &Path) -> Option<String> {
    Url::from_file_path(path).ok().map(String::from)
}

/// One name for each file, also of those that are not there yet, whatever links lead to it.
pub(super) fn canonical(path: &Path) -> PathBuf {
    let parent = path.parent().and_then(|parent| fs::canonicalize(parent).ok());
    match (parent, path.file_name()) {
        (Some(parent), Some(name)) => parent.join(name),
        _ => fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()),
    }
}

fn is_definition(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml")
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn desk() -> (TempDir, Workspace) {
        let home = TempDir::new().unwrap();
        fs::create_dir(home.path().join("desk")).unwrap();
        fs::write(home.path().join("desk/service.yaml"), "version: 1").unwrap();
        fs::write(home.path().join("desk/a.yaml"), "on disk").unwrap();
        let workspace = Workspace::new(home.path(), Operator::default());
        (home, workspace)
    }

    #[test]
    fn an_unsaved_text_counts_until_it_is_closed() {
        let (home, mut workspace) = desk();
        let path = home.path().join("desk/a.yaml");
        workspace.write(&path, "unsaved".to_owned());
        assert_eq!(workspace.files().unwrap().directories["desk"].actions["a"].source.text(), "unsaved");
        workspace.close(&path);
        assert_eq!(workspace.files().unwrap().directories["desk"].actions["a"].source.text(), "on disk");
    }

    #[test]
    fn a_file_that_was_never_saved_is_there() {
        let (home, mut workspace) = desk();
        workspace.write(&home.path().join("desk/b.yaml"), "new".to_owned());
        assert!(workspace.files().unwrap().directories["desk"].actions.contains_key("b"));
    }

    #[test]
    fn files_elsewhere_are_left_alone() {
        let (_home, mut workspace) = desk();
        workspace.write(Path::new("/elsewhere/a.yaml"), "x".to_owned());
        assert_eq!(workspace.files().unwrap().directories.len(), 1);
    }
}
