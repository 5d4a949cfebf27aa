//! Which parts of a document are needed, so that the rest need not be made into values; and those parts.

use serde_json::Value;

/// What is needed of a value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Projection {
    /// All of it.
    #[default]
    Whole,
    /// Of a map these members; of anything else only that it is there.
    Names(Vec<(String, Projection)>),
}

impl Projection {
    /// Nothing yet.
    #[must_use]
    pub fn nothing() -> Self {
        Self::Names(Vec::new())
    }

    /// Adds all of what stands behind these names, one within another; behind no name stands everything.
    pub fn add<'n>(&mut self, mut names: impl Iterator<Item = &'n str>) {
        let Self::Names(members) = self else { return };
        let Some(name) = names.next() else {
            *self = Self::Whole;
            return;
        };
        match members.iter_mut().find(|(known, _)| known == name) {
            Some((_, inner)) => inner.add(names),
            None => {
                let mut inner = Self::nothing();
                inner.add(names);
                members.push((name.to_owned(), inner));
            }
        }
    }

    /// Whether all of what stands behind these names is there.
    #[must_use]
    pub fn covers<'n>(&self, mut names: impl Iterator<Item = &'n str>) -> bool {
        match (self, names.next()) {
            (Self::Whole, _) => true,
            (Self::Names(_), None) => false,
            (Self::Names(_), Some(name)) => self.member(name).is_some_and(|inner| inner.covers(names)),
        }
    }

    /// What is needed of the member of this name.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Whole => Some(self),
            Self::Names(members) => members.iter().find(|(known, _)| known == name).map(|(_, inner)| inner),
        }
    }
}

/// What was needed of a value, and was there.
#[derive(Clone, Debug, PartialEq)]
pub enum Projected {
    /// All of it; of a list of which members were projection, that it is one.
    Whole(Value),
    /// Of a map the projection members that it has, by their place in [`Projection::Names`].
    Names(Vec<(usize, Projected)>),
}

impl Projected {
    /// The value to which the first of these names lead, and how many they are: all, if they lead to what was projection only in
    /// part; nothing if one of them leads nowhere.
    pub fn follow<'f, 'n>(
        &'f self,
        mut projection: &Projection,
        names: impl Iterator<Item = &'n str>,
    ) -> Option<(&'f Value, usize)> {
        let (mut found, mut count) = (self, 0);
        let mut names = names;
        loop {
            let members = match (found, projection) {
                (Self::Whole(value), _) => return Some((value, count)),
                (Self::Names(_), Projection::Whole) => return None,
                (Self::Names(found), Projection::Names(projection)) => (found, projection),
            };
            let name = names.next()?;
            let place = members.1.iter().position(|(known, _)| known == name)?;
            found = members.0.iter().find(|(known, _)| *known == place).map(|(_, found)| found)?;
            projection = members.1.get(place).map(|(_, projection)| projection)?;
            count += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_added_is_covered_and_nothing_else() {
        let mut projection = Projection::nothing();
        for path in ["ticket.id", "ticket.user.name", "errors"] {
            projection.add(path.split('.'));
        }
        for (path, covered) in [("ticket.id", true), ("errors.x", true), ("ticket", false), ("ticket.user", false)] {
            assert_eq!(projection.covers(path.split('.')), covered, "{path}");
        }
        assert!(!projection.covers([].into_iter()));
        projection.add("ticket".split('.'));
        assert!(projection.covers("ticket.other".split('.')));
        projection.add([].into_iter());
        assert_eq!(projection, Projection::Whole);
    }
}
