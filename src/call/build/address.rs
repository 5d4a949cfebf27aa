//! Address plan + scope → URL, every value escaped for its place. Pure.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use super::BuildError;
use crate::catalog::{AllowedHosts, UrlBase, UrlPlan};
use crate::template::{EscapeError, Scope};

/// Everything but the unreserved characters (RFC 3986 §2.3).
pub(super) const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The address of a request; its host is one of those allowed.
///
/// # Errors
/// A value that is absent or would change what the address means, or a host that is not allowed.
pub fn build_url(plan: &UrlPlan, scope: &Scope<'_>, allowed: &AllowedHosts) -> Result<Url, BuildError> {
    if let Some(url) = plan.known.get() {
        return Ok(url.clone());
    }
    let url = join(plan, scope)?;
    if !allowed.allow(&url) {
        return Err(BuildError::new("base_url", "the host that comes out is not among `allowed_hosts`"));
    }
    if plan.is_constant() {
        // Two calls at once find the same.
        let _ = plan.known.set(url.clone());
    }
    Ok(url)
}

/// An address for people; any host, http or https only.
///
/// # Errors
/// As [`build_url`], but for the host.
pub fn build_link(plan: &UrlPlan, scope: &Scope<'_>) -> Result<Url, BuildError> {
    join(plan, scope)
}

fn join(plan: &UrlPlan, scope: &Scope<'_>) -> Result<Url, BuildError> {
    let path = plan.path.escaped(scope, &path_piece).map_err(|error| BuildError::render("path", &error))?;
    let base = base_text(&plan.base, scope)?;
    // A base address is often typed with a slash at its end; two in a row would be another address.
    let base = if path.starts_with('/') { base.strip_suffix('/').unwrap_or(&base) } else { &base };
    let text = format!("{base}{path}");
    let url = Url::parse(&text)
        .map_err(|error| BuildError::new("base_url", format!("no valid address comes out: {error}")))?;
    check_segments(&text)?;
    Ok(url)
}

fn base_text(base: &UrlBase, scope: &Scope<'_>) -> Result<String, BuildError> {
    match base {
        UrlBase::Parts { scheme, authority, path } => {
            let authority =
                authority.escaped(scope, &host_piece).map_err(|error| BuildError::render("base_url", &error))?;
            let path = path.escaped(scope, &path_piece).map_err(|error| BuildError::render("base_url", &error))?;
            Ok(format!("{scheme}://{authority}{path}"))
        }
        UrlBase::Whole(template) => {
            let text = template.string(scope).map_err(|error| BuildError::render("base_url", &error))?;
            let text = text.ok_or_else(|| BuildError::new("base_url", format!("{} is absent", template.text())))?;
            whole_address(&text)?;
            Ok(text)
        }
    }
}

fn whole_address(text: &str) -> Result<(), BuildError> {
    // uncharged: as long as the text whose building was charged, as are all pieces below.
    let refuse = |reason: &str| Err(BuildError::new("base_url", reason));
    let Ok(url) = Url::parse(text) else { return refuse("the value is not an address like https://desk.example.com") };
    if !matches!(url.scheme(), "http" | "https") {
        return refuse("the value is not an http or https address");
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return refuse("the address has a user name, a query or a fragment");
    }
    if text.chars().any(|character| character.is_control() || character.is_whitespace() || character == '\\') {
        return refuse("the address has a blank, a backslash or a control character");
    }
    Ok(())
}

/// One piece of a path: percent-encoded whole.
#[allow(clippy::unnecessary_wraps, reason = "the shape that `escaped` asks for")]
fn path_piece(text: &str) -> Result<String, EscapeError> {
    Ok(utf8_percent_encode(text, COMPONENT).to_string())
}

/// One piece of a host: letters, digits and hyphens, nothing that could end the host.
fn host_piece(text: &str) -> Result<String, EscapeError> {
    // uncharged: 63 characters at most.
    let fits = text.len() <= 63 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if fits {
        return Ok(text.to_ascii_lowercase());
    }
    Err(EscapeError("only letters, digits and hyphens can be part of a host name".to_owned()))
}

/// `.` and `..` survive percent-encoding and would lead elsewhere.
fn check_segments(text: &str) -> Result<(), BuildError> {
    let path = text.split_once("://").map_or(text, |(_, rest)| rest);
    let path = path.split(['?', '#']).next().unwrap_or_default();
    if path.split('/').skip(1).any(|segment| matches!(segment, "." | "..")) {
        return Err(BuildError::new("path", "a value makes a `.` or `..` segment, which would lead elsewhere"));
    }
    Ok(())
}
