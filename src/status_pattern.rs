//! Statuses as definitions name them: `404` or a class, `4xx`.

use std::str::FromStr;

/// One status or one class of statuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusPattern {
    /// Exactly this status.
    Exact(u16),
    /// All statuses of a hundred; holds the hundred's digit, 1 to 5.
    Class(u16),
}

impl StatusPattern {
    /// Whether an answer's status fits.
    #[must_use]
    pub fn matches(self, status: u16) -> bool {
        match self {
            Self::Exact(exact) => status == exact,
            Self::Class(digit) => status / 100 == digit,
        }
    }

    /// Whether every status of the pattern is a 2xx.
    #[must_use]
    pub fn is_success(self) -> bool {
        match self {
            Self::Exact(exact) => exact / 100 == 2,
            Self::Class(digit) => digit == 2,
        }
    }
}

/// The text is neither a status nor a class.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a status is a number from 100 to 599, like `404`, or a class, like `4xx`")]
pub struct InvalidStatusPattern;

impl FromStr for StatusPattern {
    type Err = InvalidStatusPattern;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_suffix("xx").or_else(|| text.strip_suffix("XX"));
        let pattern = match digits {
            Some(digit) => digit.parse().ok().filter(|digit| (1..=5).contains(digit)).map(Self::Class),
            None if text.len() == 3 => text.parse().ok().filter(|status| (100..600).contains(status)).map(Self::Exact),
            None => None,
        };
        pattern.ok_or(InvalidStatusPattern)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_and_classes_are_read_and_nothing_else() {
        assert_eq!("404".parse(), Ok(StatusPattern::Exact(404)));
        assert_eq!("4xx".parse(), Ok(StatusPattern::Class(4)));
        for bad in ["", "4", "4x", "6xx", "xx", "99", "0404", "600", "+404"] {
            assert_eq!(bad.parse::<StatusPattern>(), Err(InvalidStatusPattern), "{bad}");
        }
    }

    #[test]
    fn a_class_matches_its_hundred() {
        assert!(StatusPattern::Class(4).matches(422));
        assert!(!StatusPattern::Class(4).matches(500));
    }
}
