//! Every helper, by name.

use super::Helper;

/// Every helper, in the order of the documentation.
static HELPERS: &[&Helper] = &[];

/// Every helper, in the order of the documentation.
#[must_use]
pub fn helpers() -> &'static [&'static Helper] {
    HELPERS
}

/// The helper with this name.
#[must_use]
pub fn helper(name: &str) -> Option<&'static Helper> {
    HELPERS.iter().copied().find(|helper| helper.name == name)
}
