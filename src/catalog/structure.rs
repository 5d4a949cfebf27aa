//! A body as structure: maps and lists whose leaves are templates, with the reserved `$` keys.
//!
//! Holds no behaviour; the engine builds values from it.

use serde_json::Value;

use crate::condition::Condition;
use crate::template::Template;

/// One value to be built.
#[derive(Clone, Debug)]
pub enum Structure {
    /// A value as it stands; also what `$literal` gives.
    Constant(Value),
    /// A scalar with at least one expression.
    Template(Template),
    /// A list; absent items are left out, items of an `$each` are spliced in.
    List(Vec<Structure>),
    /// A map; absent values leave their key out.
    Map(Vec<Member>),
    /// `$when` + `$value`: the value, or nothing.
    When(Box<Condition>, Box<Structure>),
    /// `$each` + `$item`: one item per element.
    Each(Box<Each>),
}

/// One part of a map.
#[derive(Clone, Debug)]
pub enum Member {
    /// A key and its value.
    Pair(Key, Structure),
    /// `$merge`: the keys of an object; keys written beside it win.
    Merge(Template),
}

/// A key.
#[derive(Clone, Debug)]
pub enum Key {
    /// As written.
    Constant(String),
    /// From a template; never empty, never twice.
    Template(Template),
}

/// `$each`.
#[derive(Clone, Debug)]
pub struct Each {
    /// The list.
    pub list: Template,
    /// The name of one element.
    pub name: String,
    /// What each element becomes.
    pub item: Structure,
}
