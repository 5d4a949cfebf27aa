//! Hosts that requests may go to, as definitions name them.

use url::{Host, Url};

/// One pattern of `allowed_hosts`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPattern {
    name: Name,
    /// `None`: the port that the scheme has by default.
    port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Name {
    /// `any`: any host; that it is public, and https, is checked where the connection is made.
    Any,
    /// `api.example.com`, or an address literal.
    Exact(Host<String>),
    /// `*.example.com`: one or more labels before it; holds `.example.com`.
    Below(String),
}

/// All hosts that requests may go to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowedHosts {
    patterns: Vec<HostPattern>,
}

impl HostPattern {
    /// Reads a pattern: `api.example.com`, `api.example.com:8443`, `*.example.com`, `any`.
    ///
    /// # Errors
    /// What is wrong with it, as the end of a sentence.
    pub fn compile(text: &str) -> Result<Self, String> {
        if text == "any" {
            return Ok(Self { name: Name::Any, port: None });
        }
        if text.contains("://") || text.contains(['/', '@', '?', '#']) || text.chars().any(char::is_whitespace) {
            return Err("it is a host without scheme, path or user name".to_owned());
        }
        let (bare, below) = match text.strip_prefix("*.") {
            Some(rest) => (rest, true),
            None => (text, false),
        };
        if bare.contains('*') {
            return Err("`*` stands only in front, followed by a dot".to_owned());
        }
        let url = Url::parse(&format!("http://{bare}/")).map_err(|error| error.to_string())?;
        let host = url.host().map(|host| host.to_owned()).ok_or("it has no host")?;
        let port = explicit_port(bare);
        let name = match (below, host) {
            (false, host) => Name::Exact(without_dot(host)),
            (true, Host::Domain(domain)) => Name::Below(format!(".{}", domain.trim_end_matches('.'))),
            (true, _) => return Err("`*.` needs a name after it, not an address".to_owned()),
        };
        Ok(Self { name, port })
    }

    /// The pattern of exactly one address's host and port.
    #[must_use]
    pub fn of(address: &str) -> Option<Self> {
        let url = Url::parse(address).ok()?;
        let host = without_dot(url.host()?.to_owned());
        Some(Self { name: Name::Exact(host), port: url.port() })
    }

    fn allows(&self, url: &Url) -> bool {
        let Some(host) = url.host().map(|host| without_dot(host.to_owned())) else { return false };
        if self.name == Name::Any {
            return matches!(url.scheme(), "http" | "https");
        }
        // `Url::port` is `None` for the scheme's own port.
        let same_port = self.port == url.port() || self.port.is_some() && self.port == url.port_or_known_default();
        same_port
            && match (&self.name, host) {
                (Name::Exact(exact), host) => *exact == host,
                (Name::Below(suffix), Host::Domain(domain)) => {
                    domain.strip_suffix(suffix.as_str()).is_some_and(|labels| !labels.is_empty())
                }
                _ => false,
            }
    }
}

impl AllowedHosts {
    /// A list of patterns; any of them may fit.
    #[must_use]
    pub fn new(patterns: Vec<HostPattern>) -> Self {
        Self { patterns }
    }

    /// Whether a request may go to this address.
    #[must_use]
    pub fn allow(&self, url: &Url) -> bool {
        self.patterns.iter().any(|pattern| pattern.allows(url))
    }
}

/// The port as written; the URL type drops one that is the scheme's own.
fn explicit_port(text: &str) -> Option<u16> {
    let (_, port) = text.rsplit_once(':').filter(|(host, _)| !host.contains(':') || host.ends_with(']'))?;
    port.parse().ok()
}

/// `example.com.` is `example.com`.
fn without_dot(host: Host<String>) -> Host<String> {
    match host {
        Host::Domain(domain) => Host::Domain(domain.trim_end_matches('.').to_owned()),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, address: &str, expected: bool) {
        let hosts = AllowedHosts::new(vec![HostPattern::compile(pattern).unwrap()]);
        assert_eq!(hosts.allow(&Url::parse(address).unwrap()), expected, "{pattern} {address}");
    }

    #[test]
    fn a_star_is_one_or_more_labels() {
        check("*.zendesk.com", "https://acme.zendesk.com/x", true);
        check("*.zendesk.com", "https://a.b.zendesk.com/x", true);
        check("*.zendesk.com", "https://ACME.Zendesk.com./x", true);
        check("*.zendesk.com", "https://zendesk.com/x", false);
        check("*.zendesk.com", "https://evilzendesk.com/x", false);
        check("*.zendesk.com", "https://zendesk.com.evil.com/x", false);
        check("*.zendesk.com", "https://acme.zendesk.com:8443/x", false);
        check("*.zendesk.com", "https://a.zendesk.com@evil.com/", false);
        check("*.zendesk.com", "https://evil.com#.zendesk.com", false);
        check("*.zendesk.com", "https://127.0.0.1/.zendesk.com", false);
    }

    #[test]
    fn a_port_must_be_the_one_written() {
        check("redmine.corp:3000", "http://redmine.corp:3000/", true);
        check("redmine.corp:3000", "http://redmine.corp/", false);
        check("redmine.corp", "http://redmine.corp/", true);
        check("redmine.corp", "https://redmine.corp/", true);
        check("redmine.corp:443", "https://redmine.corp/", true);
    }

    #[test]
    fn any_is_any_web_address() {
        check("any", "https://whatever.example:444/", true);
        check("any", "ftp://whatever.example/", false);
    }

    #[test]
    fn an_address_matches_however_it_is_spelt() {
        check("127.0.0.1:80", "http://127.1/", true);
        check("127.0.0.1", "http://2130706433/", true);
        check("[::1]:8080", "http://[0:0::1]:8080/", true);
    }

    #[test]
    fn what_is_no_host_is_refused() {
        for bad in ["https://x.com", "x.com/path", "u@x.com", "*x.com", "a.*.com", "", "*.127.0.0.1"] {
            assert!(HostPattern::compile(bad).is_err(), "{bad}");
        }
    }
}
