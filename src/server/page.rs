//! Page requests and page responses of the console. Holds no page: [`Pages`] is how the console gives them.

use std::borrow::Cow;
use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;
use tokio::sync::mpsc;

/// A page that is being made.
pub type PageFuture = Pin<Box<dyn Future<Output = PageResponse> + Send>>;

/// The pages of the console, given by the layer above.
pub struct Pages {
    /// Answers a request that is let in.
    pub page: Box<dyn Fn(PageRequest) -> PageFuture + Send + Sync>,
    /// A file that pages need: styles, script, icon. They are served without a token, so they hold no secret.
    pub asset: fn(&str) -> Option<Asset>,
    /// The page that asks for the token.
    pub sign_in: fn(SignIn) -> String,
}

/// Why the page that asks for the token is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignIn {
    /// No token was sent yet.
    First,
    /// The token that was sent is wrong.
    WrongToken,
}

/// A request of a browser.
#[derive(Clone, Debug, Default)]
pub struct PageRequest {
    /// The path below `/console/`, decoded.
    pub path: String,
    /// Pairs of the address.
    pub query: Pairs,
    /// Pairs of the form that was sent; none with GET.
    pub form: Option<Pairs>,
    /// Whether the page offers to sign out.
    pub signed_in: bool,
}

/// Names and values as a form has them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pairs(Vec<(String, String)>);

/// The answer to it.
#[derive(Debug)]
pub enum PageResponse {
    /// A page.
    Page(String),
    /// A page that says there is none.
    Missing(String),
    /// A redirection to another page.
    See(&'static str),
    /// Events as they come.
    Events(mpsc::Receiver<Bytes>),
}

/// A file of the console.
#[derive(Clone, Copy, Debug)]
pub struct Asset {
    /// Its media type.
    pub media_type: &'static str,
    /// Its bytes.
    pub bytes: &'static [u8],
}

impl Pairs {
    /// Reads `a=1&b=2`.
    #[must_use]
    pub fn read(text: &[u8]) -> Self {
        Self(url::form_urlencoded::parse(text).map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
    }

    /// The value of a name; empty ones count as not given.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl PageRequest {
    /// The request for an address below `/console`, such as `/console/calls?route=…`.
    #[must_use]
    pub fn to(path: &str, query: Option<&str>) -> Option<Self> {
        let below = path.strip_prefix("/console").filter(|below| below.is_empty() || below.starts_with('/'))?;
        let path = percent_encoding::percent_decode_str(below.trim_matches('/')).decode_utf8().ok()?;
        Some(Self {
            path: Cow::into_owned(path),
            query: Pairs::read(query.unwrap_or_default().as_bytes()),
            ..Self::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_below_the_console_is_a_page_request() {
        let request = PageRequest::to("/console/actions/demo%2Fa%20b", Some("q=x+y&empty=")).unwrap();
        assert_eq!(request.path, "actions/demo/a b");
        assert_eq!(
            (request.query.get("q"), request.query.get("empty"), request.query.get("z")),
            (Some("x y"), None, None)
        );
        assert_eq!(PageRequest::to("/console", None).unwrap().path, "");
        assert!(PageRequest::to("/consoles", None).is_none());
        assert!(PageRequest::to("/console/%ff", None).is_none());
    }
}
