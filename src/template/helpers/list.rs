//! Every helper, by name.

use super::{Helper, choose, default, indent, join, lines, lower, replace, single_line, split, trim, truncate, upper};

/// Every helper, in the order of the documentation.
static HELPERS: &[&Helper] = &[
    &default::DEFAULT,
    &choose::CHOOSE,
    &upper::UPPER,
    &lower::LOWER,
    &trim::TRIM,
    &truncate::TRUNCATE,
    &replace::REPLACE,
    &split::SPLIT,
    &join::JOIN,
    &lines::LINES,
    &single_line::SINGLE_LINE,
    &indent::INDENT,
];

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
