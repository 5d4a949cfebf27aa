//! The path an action is served at.

use std::fmt;
use std::str::FromStr;

/// A route: `/` and at least one segment of `[A-Za-z0-9._~-]`, no trailing slash, no dot segment.
///
/// Holding one proves the text was checked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Route(String);

/// Why a text is no route.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRoute {
    /// No slash in front.
    #[error("it does not begin with `/`")]
    NoSlash,
    /// Nothing between two slashes, or nothing at all.
    #[error("it has an empty part")]
    EmptySegment,
    /// `.` or `..`.
    #[error("it has a `.` or `..` part")]
    DotSegment,
    /// A character that would need encoding.
    #[error("a part holds something else than letters, digits, `.`, `_`, `~` and `-`")]
    Character,
    /// Begins with `_`, which is kept for addresses of our own.
    #[error("its last part begins with `_`, which is kept for addresses such as `/_verify`")]
    Reserved,
}

impl FromStr for Route {
    type Err = InvalidRoute;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let path = text.strip_prefix('/').ok_or(InvalidRoute::NoSlash)?;
        let path = path.strip_suffix('/').unwrap_or(path);
        for segment in path.split('/') {
            match segment {
                "" => return Err(InvalidRoute::EmptySegment),
                "." | ".." => return Err(InvalidRoute::DotSegment),
                _ => {}
            }
            if !segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._~-".contains(&byte)) {
                return Err(InvalidRoute::Character);
            }
        }
        if path.rsplit('/').next().is_some_and(|last| last.starts_with('_')) {
            return Err(InvalidRoute::Reserved);
        }
        Ok(Self(format!("/{path}")))
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_has_plain_segments_and_no_trailing_slash() {
        assert_eq!("/a/b/".parse::<Route>().map(|route| route.to_string()), Ok("/a/b".to_owned()));
        assert_eq!("a/b".parse::<Route>(), Err(InvalidRoute::NoSlash));
        assert_eq!("/".parse::<Route>(), Err(InvalidRoute::EmptySegment));
        assert_eq!("/a//b".parse::<Route>(), Err(InvalidRoute::EmptySegment));
        assert_eq!("/a/../b".parse::<Route>(), Err(InvalidRoute::DotSegment));
        assert_eq!("/a b".parse::<Route>(), Err(InvalidRoute::Character));
        assert_eq!("/a/_verify".parse::<Route>(), Err(InvalidRoute::Reserved));
    }
}
