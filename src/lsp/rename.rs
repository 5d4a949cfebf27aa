//! An input or a capture under another name, with all its uses.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;

use super::cursor::{reference, references};
use super::page::{Page, Sheet};

/// The places that change, by file.
pub(super) type Places = BTreeMap<PathBuf, Vec<Range<usize>>>;

/// What is renamed: `data.subject`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Subject {
    pub(super) root: String,
    pub(super) name: String,
    /// Where it stands under the cursor.
    pub(super) at: Range<usize>,
}

/// What can be renamed at a byte: an input, a capture, at its declaration or at a use.
pub(super) fn subject(page: &Page, offset: usize) -> Option<Subject> {
    let (text, outline) = (&page.own.text, &page.own.outline);
    if let Some(found) = reference(text, outline, offset) {
        let known = page.names(&found.root).iter().any(|declared| declared.name == found.name);
        let renamable = ["auth", "data", "meta", "vars"].contains(&found.root.as_str()) && known;
        return renamable.then_some(Subject { root: found.root, name: found.name, at: found.at });
    }
    let index = outline.key_at(offset)?;
    let at = outline.entries.get(index)?.at.clone();
    let path = outline.path(index);
    let root = match path.as_slice() {
        ["input", root @ ("auth" | "data" | "meta"), _] => (*root).to_owned(),
        _ if page.names("vars").iter().any(|declared| declared.at == at) => "vars".to_owned(),
        _ => return None,
    };
    Some(Subject { root, name: (*path.last()?).to_owned(), at })
}

/// Every place that names it.
///
/// # Errors
/// A name that cannot be one, or is taken.
pub(super) fn rename(page: &Page, subject: &Subject, new: &str) -> Result<Places, String> {
    let is_name = new.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && new.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !is_name {
        return Err(format!("`{new}` is no name: expected letters, digits and `_`"));
    }
    if page.names(&subject.root).iter().any(|declared| declared.name == new) {
        return Err(format!("`{}.{new}` is there already", subject.root));
    }
    let mut places = Places::new();
    // Credentials are the whole service's, everything else is one file's own.
    let sheets: Vec<&Sheet> = if subject.root == "auth" { page.sheets().collect() } else { vec![&page.own] };
    for sheet in sheets {
        let mut found: Vec<Range<usize>> = references(&sheet.text, &sheet.outline)
            .into_iter()
            .filter(|reference| reference.root == subject.root && reference.name == subject.name)
            .map(|reference| reference.at)
            .collect();
        for (index, entry) in sheet.outline.entries.iter().enumerate().filter(|(_, entry)| entry.key == subject.name) {
            if names_it(&sheet.outline.path(index), subject) {
                found.push(entry.at.clone());
            }
        }
        found.sort_by_key(|at| at.start);
        found.dedup();
        if !found.is_empty() {
            places.insert(sheet.path.clone(), found);
        }
    }
    Ok(places)
}

/// Whether the key at a path declares the subject, or gives it a value in a test.
fn names_it(path: &[&str], subject: &Subject) -> bool {
    match path {
        [.., "input", root, _] if *root == subject.root => subject.root != "vars",
        [.., "capture" | "set" | "collect" | "accept", _] => subject.root == "vars" && !path.contains(&"tests"),
        _ => false,
    }
}
