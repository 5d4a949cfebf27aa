//! From the path of a request to the route of an action.
//!
//! Only text: the backend knows which routes exist.

/// The prefix of all routes: empty, or a slash and a name, without a slash at the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct BasePath(String);

impl BasePath {
    /// Slashes at the ends make no difference.
    pub(super) fn new(text: &str) -> Self {
        let text = text.trim_matches('/');
        Self(if text.is_empty() { String::new() } else { format!("/{text}") })
    }

    /// The route that a path names: without the base path and without one slash at its end.
    ///
    /// Percent-encoded and double slashes are no second spelling of a route: they name none.
    pub(super) fn route<'p>(&self, path: &'p str) -> Option<&'p str> {
        let below = path.strip_prefix(self.0.as_str())?;
        let route = below.strip_suffix('/').unwrap_or(below);
        let plain = route.starts_with('/') && !below.contains("//") && !below.contains('%');
        plain.then_some(route)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(base: &str, path: &str, expected: Option<&str>) {
        assert_eq!(BasePath::new(base).route(path), expected);
    }

    #[test]
    fn one_slash_at_the_end_makes_no_difference() {
        check("", "/a/b", Some("/a/b"));
        check("", "/a/b/", Some("/a/b"));
        check("", "/a/b//", None);
    }

    #[test]
    fn the_base_path_is_taken_off_whole() {
        check("/bridge/", "/bridge/a", Some("/a"));
        check("bridge", "/bridge/a/", Some("/a"));
        check("bridge", "/a", None);
        check("bridge", "/bridgea", None);
        check("bridge", "/bridge", None);
        check("bridge", "/bridge/", None);
    }

    #[test]
    fn other_spellings_name_no_route() {
        check("", "/", None);
        check("", "*", None);
        check("", "", None);
        check("", "//a/b", None);
        check("", "/a//b", None);
        check("", "/a%2fb", None);
        check("", "/%61/b", None);
    }
}
