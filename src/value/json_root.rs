//! A JSON text whose upper two levels are small maps: a call.

use serde_json::Value;

use super::field_map::FieldMap;

/// What a text is: a map with its members, or another value.
#[derive(Clone, Debug, PartialEq)]
pub enum Root {
    /// A map.
    Map(FieldMap<Part>),
    /// Anything else.
    Other(Value),
}

/// A member of the upper level.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// A map.
    Map(FieldMap),
    /// Anything else.
    Other(Value),
}
