//! Where the thing under the cursor is declared.

use std::ops::Range;
use std::path::PathBuf;

use super::cursor::reference;
use super::page::Page;

/// The file and the bytes of the declaration.
pub(super) fn definition(page: &Page, offset: usize) -> Option<(PathBuf, Range<usize>)> {
    let (text, outline) = (&page.own.text, &page.own.outline);
    if let Some(found) = reference(text, outline, offset) {
        let declared = page.names(&found.root).into_iter().find(|declared| declared.name == found.name)?;
        return Some((declared.path, declared.at));
    }
    // From what an action says as a whole to what its service says.
    let index = outline.key_at(offset)?;
    let path = outline.path(index);
    let service = page.service.as_ref()?;
    let shared = service.outline.find(&path).and_then(|index| service.outline.entries.get(index));
    match (path.as_slice(), shared) {
        ([_], Some(entry)) => Some((service.path.clone(), entry.at.clone())),
        (["version" | "title" | "request" | "steps"], None) => Some((service.path.clone(), 0..0)),
        _ => None,
    }
}
