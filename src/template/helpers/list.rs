//! Every helper, by name.

use super::{
    Helper, boolean, choose, concat, date, default, first, indent, integer, join, json, last, lines, lower, now,
    number, replace, single_line, split, string, trim, truncate, upper, uuid,
};

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
    &first::FIRST,
    &last::LAST,
    &integer::INTEGER,
    &number::NUMBER,
    &boolean::BOOLEAN,
    &string::STRING,
    &json::JSON,
    &concat::CONCAT,
    &date::DATE,
    &now::NOW,
    &uuid::UUID,
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
