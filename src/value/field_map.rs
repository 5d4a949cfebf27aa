//! A map that is small and read once: a vector of pairs without an index.
//!
//! What a caller sends and what an action declares are such maps. A hash for each key would cost more than looking
//! through them.

use std::sync::Arc;

use serde_json::{Map, Value};

/// Values under names, in their order; no name twice.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldMap<T = Value>(Vec<(Arc<str>, T)>);

impl<T> FieldMap<T> {
    /// None yet, with room for so many.
    #[must_use]
    pub fn with_capacity(count: usize) -> Self {
        Self(Vec::with_capacity(count))
    }

    /// Adds a member; whoever adds sees to it that the name is new.
    pub fn push(&mut self, name: Arc<str>, value: T) {
        self.0.push((name, value));
    }

    /// The value under a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&T> {
        self.0.iter().find(|(known, _)| **known == *name).map(|(_, value)| value)
    }

    /// The value under a name, to be changed or taken.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut T> {
        self.0.iter_mut().find(|(known, _)| **known == *name).map(|(_, value)| value)
    }

    /// Takes a member out.
    pub fn remove(&mut self, name: &str) -> Option<T> {
        let at = self.0.iter().position(|(known, _)| **known == *name)?;
        Some(self.0.remove(at).1)
    }

    /// Names and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.0.iter().map(|(name, value)| (&**name, value))
    }

    /// Names and values, in order; the values to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &mut T)> {
        self.0.iter_mut().map(|(name, value)| (&**name, value))
    }

    /// Names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| &**name)
    }

    /// Names, in order, to be kept without a copy.
    pub fn shared_names(&self) -> impl Iterator<Item = Arc<str>> {
        self.0.iter().map(|(name, _)| Arc::clone(name))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FieldMap {
    /// As a map of JSON.
    #[must_use]
    pub fn to_value(&self) -> Value {
        Value::Object(self.iter().map(|(name, value)| (name.to_owned(), value.clone())).collect())
    }
}

impl<T> Default for FieldMap<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> IntoIterator for FieldMap<T> {
    type Item = (Arc<str>, T);
    type IntoIter = std::vec::IntoIter<(Arc<str>, T)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl From<Map<String, Value>> for FieldMap {
    fn from(map: Map<String, Value>) -> Self {
        Self(map.into_iter().map(|(name, value)| (name.into(), value)).collect())
    }
}
