//! What the thing under the cursor is.

use super::cursor::{in_template, reference, word};
use super::keys::Schema;
use super::page::{Declared, Page};
use crate::template::helper;

/// An explanation, Markdown.
pub(super) fn hover(page: &Page, offset: usize) -> Option<String> {
    let (text, outline) = (&page.own.text, &page.own.outline);
    if let Some(found) = reference(text, outline, offset) {
        let declared = page.names(&found.root).into_iter().find(|declared| declared.name == found.name)?;
        return Some(described(&found.root, &declared, page));
    }
    if in_template(text, offset) {
        let name = text.get(word(text, offset))?.trim_start_matches('#');
        let helper = helper(name)?;
        let example = helper
            .examples
            .first()
            .map(|example| format!("\n\n`{}` with `{}` gives `{}`", example.template, example.data, example.gives));
        return Some(format!("`{{{{{}}}}}`\n\n{}{}", helper.signature, helper.summary, example.unwrap_or_default()));
    }
    let index = outline.key_at(offset)?;
    let path = outline.path(index);
    let name = path.last()?;
    Some(format!("**{name}**\n\n{}", Schema::of(page.is_service).description(&path)?))
}

fn described(root: &str, declared: &Declared, page: &Page) -> String {
    let file = declared.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let place = match (&declared.step, declared.path == page.own.path) {
        (Some(step), _) => format!("made by the step `{step}`"),
        (None, true) => "declared in this file".to_owned(),
        (None, false) => format!("declared in `{file}`"),
    };
    format!("**{root}.{}**, {place}\n\n```yaml\n{}: {}\n```", declared.name, declared.name, declared.rules)
}
