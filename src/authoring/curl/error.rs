//! Why a `curl` line cannot be read.

/// Why a line cannot be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum CurlError {
    /// It does not begin with `curl`.
    #[error("the line does not begin with `curl`; give it as the documentation shows it")]
    NotCurl,
    /// A quote.
    #[error(
        "a quote {0} is opened and never closed; put the line into a file and give it with `< FILE`, if your shell took the quotes"
    )]
    UnclosedQuote(char),
    /// An option without its value.
    #[error("`{0}` is at the end, but needs a value after it")]
    NoValue(String),
    /// No address.
    #[error("the line holds no address")]
    NoUrl,
    /// Two addresses.
    #[error("the line holds several addresses; import one request at a time")]
    SeveralUrls,
    /// A header without a colon.
    #[error("the header `{0}` has no value: expected `Name: value`")]
    Header(String),
    /// A body that says it is JSON, and is not.
    #[error(
        "the body is not JSON ({reason}, line {line}, column {column} of the body); write what stands for a value as \"{{name}}\""
    )]
    Json {
        /// Why.
        reason: String,
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
}
