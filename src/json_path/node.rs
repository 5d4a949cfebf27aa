//! A node of an answer, as selectors see it.

use std::slice;

use serde_json::Value;

use super::query::Selector;

/// How the answer came to be a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reading {
    /// From JSON: exactly RFC 9535.
    #[default]
    Json,
    /// From XML, where an element that occurs once is no list: `[0]`, `[-1]`, slices, `[*]` and filters take anything
    /// but a list for a list of one. `.*` still takes the members of a map.
    Xml,
}

/// A node that selectors apply to.
#[derive(Clone, Copy)]
pub(super) struct Node<'v> {
    pub(super) value: &'v Value,
    /// Whether something that is no list stands for a list of one.
    pub(super) as_list: bool,
}

impl<'v> Node<'v> {
    /// The node as a list, if it is or stands for one.
    pub(super) fn items(self) -> Option<&'v [Value]> {
        match self.value {
            Value::Array(items) => Some(items),
            other if self.as_list => Some(slice::from_ref(other)),
            _ => None,
        }
    }
}

/// The node that a name or index takes; any other selector takes none here.
pub(super) fn single_child<'v>(selector: &Selector, value: &'v Value, reading: Reading) -> Option<&'v Value> {
    match selector {
        Selector::Name(name) => value.as_object()?.get(name),
        Selector::Index(index) => item_at(Node { value, as_list: reading == Reading::Xml }.items()?, *index),
        Selector::Wildcard { .. } | Selector::Slice(_) | Selector::Filter(_) => None,
    }
}

/// The item at an index; a negative one counts from the end.
pub(super) fn item_at(items: &[Value], index: i64) -> Option<&Value> {
    let position = usize::try_from(index.unsigned_abs()).ok()?;
    if index < 0 { items.get(items.len().checked_sub(position)?) } else { items.get(position) }
}
