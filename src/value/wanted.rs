//! Which parts of a document are needed, so that the rest need not be made into values; and those parts.

use serde_json::Value;

/// What is needed of a value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Wanted {
    /// All of it.
    #[default]
    Whole,
    /// Of a map these members; of anything else only that it is there.
    Members(Vec<(String, Wanted)>),
}

impl Wanted {
    /// Nothing yet.
    #[must_use]
    pub fn nothing() -> Self {
        Self::Members(Vec::new())
    }

    /// Adds all of what stands behind these names, one within another; behind no name stands everything.
    pub fn add<'n>(&mut self, mut names: impl Iterator<Item = &'n str>) {
        let Self::Members(members) = self else { return };
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
            (Self::Members(_), None) => false,
            (Self::Members(_), Some(name)) => self.member(name).is_some_and(|inner| inner.covers(names)),
        }
    }

    /// What is needed of the member of this name.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Whole => Some(self),
            Self::Members(members) => members.iter().find(|(known, _)| known == name).map(|(_, inner)| inner),
        }
    }
}

/// What was needed of a value, and was there.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// All of it; of a list of which members were wanted, that it is one.
    Whole(Value),
    /// Of a map the wanted members that it has, by their place in [`Wanted::Members`].
    Members(Vec<(usize, Found)>),
}

impl Found {
    /// The value to which the first of these names lead, and how many they are: all, if they lead to what was wanted only in
    /// part; nothing if one of them leads nowhere.
    pub fn follow<'f, 'n>(
        &'f self,
        mut wanted: &Wanted,
        names: impl Iterator<Item = &'n str>,
    ) -> Option<(&'f Value, usize)> {
        let (mut found, mut count) = (self, 0);
        let mut names = names;
        loop {
            let members = match (found, wanted) {
                (Self::Whole(value), _) => return Some((value, count)),
                (Self::Members(_), Wanted::Whole) => return None,
                (Self::Members(found), Wanted::Members(wanted)) => (found, wanted),
            };
            let name = names.next()?;
            let place = members.1.iter().position(|(known, _)| known == name)?;
            found = members.0.iter().find(|(known, _)| *known == place).map(|(_, found)| found)?;
            wanted = members.1.get(place).map(|(_, wanted)| wanted)?;
            count += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_added_is_covered_and_nothing_else() {
        let mut wanted = Wanted::nothing();
        for path in ["ticket.id", "ticket.user.name", "errors"] {
            wanted.add(path.split('.'));
        }
        for (path, covered) in [("ticket.id", true), ("errors.x", true), ("ticket", false), ("ticket.user", false)] {
            assert_eq!(wanted.covers(path.split('.')), covered, "{path}");
        }
        assert!(!wanted.covers([].into_iter()));
        wanted.add("ticket".split('.'));
        assert!(wanted.covers("ticket.other".split('.')));
        wanted.add([].into_iter());
        assert_eq!(wanted, Wanted::Whole);
    }
}
