//! Addresses: scheme, host and path told apart at load, so that every value is escaped for its place.

use std::sync::Arc;

use super::compiler::{Compiler, Position};
use crate::catalog::{AllowedHosts, HostPattern, UrlBase, UrlPlan};
use crate::diagnostic::Code;
use crate::document::Text;
use crate::keyword::FieldFormat;
use crate::template::Template;

impl Compiler<'_> {
    /// `base_url`, or an absolute `url`.
    pub(super) fn url_base(&mut self, text: &Text, position: Position) -> Option<UrlBase> {
        let value = text.value.as_str();
        if value.trim_start().starts_with("{{") {
            return self.whole_url(text, position);
        }
        let Some((scheme, rest)) = value.split_once("://").filter(|(scheme, _)| matches!(*scheme, "http" | "https"))
        else {
            self.problems
                .add(Code::BadUrl, text.span, "An address begins with `https://` or `http://`, written out.")
                .help("for example https://{{auth.subdomain}}.example.com/api");
            return None;
        };
        let start = scheme.len() + 3;
        let slash = find_outside_braces(rest, |character| "/?#".contains(character)).unwrap_or(rest.len());
        let (authority, path) = (start..start + slash, start + slash..value.len());
        self.check_authority(text, authority.clone())?;
        self.check_path(text, path.clone())?;
        let authority = self.template_part(text, authority, position);
        let path = self.template_part(text, path, position);
        Some(UrlBase::Parts { scheme: scheme.to_owned(), authority: authority?, path: path? })
    }

    /// `{{auth.url}}`: the field itself must be an address.
    fn whole_url(&mut self, text: &Text, position: Position) -> Option<UrlBase> {
        let template = self.template(text, position)?;
        let lone = template.references().into_iter().next().filter(|_| template.is_lone());
        let Some(reference) = lone else {
            let rest = text.value.split_once("}}").map(|(_, rest)| rest).filter(|rest| rest.starts_with('/'));
            let help = match rest {
                Some(path) => format!(
                    "leave `{path}` out here and begin each request's `path` with it: a field's own path is kept"
                ),
                None => "write the scheme out: https://{{auth.subdomain}}.example.com".to_owned(),
            };
            self.problems
                .add(Code::BadUrl, text.span, "An address that begins with an expression is that expression alone.")
                .help(help);
            return None;
        };
        let root = reference.path.first().map(String::as_str);
        let field = self.environment.field(&reference.path);
        let is_address = field.is_none_or(|field| field.format == Some(FieldFormat::Url));
        if matches!(root, Some("auth" | "data" | "meta")) && !is_address {
            self.problems
                .add(
                    Code::BadUrl,
                    text.span,
                    format!("`{}` is used as an address, so it must be declared as one.", reference.path.join(".")),
                )
                .help("add `format: url` to the field");
            return None;
        }
        Some(UrlBase::Whole(template))
    }

    fn check_authority(&mut self, text: &Text, part: std::ops::Range<usize>) -> Option<()> {
        let authority = text.value.get(part.clone()).unwrap_or_default();
        let source = Arc::clone(self.problems.source());
        let span = text.span_of(&source, part);
        if authority.is_empty() {
            self.problems
                .add(Code::BadUrl, span, "The address has no host.")
                .help("for example https://api.example.com");
            return None;
        }
        if find_outside_braces(authority, |character| character == '@').is_some() {
            self.problems
                .add(Code::BadUrl, span, "An address holds no user name or password.")
                .help("use `authentication: { type: basic, … }`");
            return None;
        }
        let odd = |character: char| !(character.is_ascii_alphanumeric() || ".-:[]_".contains(character));
        if find_outside_braces(authority, odd).is_some() {
            self.problems
                .add(Code::BadUrl, span, "The host has a character that host names do not have.")
                .help("international names are written in their `xn--` form");
            return None;
        }
        Some(())
    }

    /// A path as written: no query, no fragment, no dot segments, nothing that needs encoding.
    pub(super) fn check_path(&mut self, text: &Text, part: std::ops::Range<usize>) -> Option<()> {
        let path = text.value.get(part.clone()).unwrap_or_default();
        let source = Arc::clone(self.problems.source());
        let (message, help, at) = if let Some(at) = find_outside_braces(path, |character| "?#".contains(character)) {
            ("A path has no query and no fragment.", "put parameters under `query:`", at)
        } else if let Some(at) = find_outside_braces(path, |character| {
            !character.is_ascii() || character.is_ascii_control() || " \"<>\\^`|".contains(character)
        }) {
            ("The path has a character that must be written percent-encoded.", "for example `%20` for a space", at)
        } else if let Some(at) = dot_segment(path) {
            (
                "The path has a `.` or `..` segment, which servers and proxies take apart differently.",
                "write the path it leads to",
                at,
            )
        } else {
            return Some(());
        };
        let span = text.span_of(&source, part.start + at..part.start + at + 1);
        self.problems.add(Code::BadUrl, span, message).help(help);
        None
    }

    /// `path:` of a request; must begin with `/`.
    pub(super) fn request_path(&mut self, text: &Text) -> Option<Template> {
        if !text.value.is_empty() && !text.value.starts_with('/') {
            self.problems
                .add(Code::BadUrl, text.span, "A path begins with `/`.")
                .help("it is joined to `base_url` as it stands; use `url:` for another address");
            return None;
        }
        self.check_path(text, 0..text.value.len())?;
        let template = self.template(text, Position::Request)?;
        self.require(text, 0, &template);
        Some(template)
    }

    /// Notes every reference without which the address cannot be built.
    pub(super) fn require(&mut self, text: &Text, start: usize, template: &Template) {
        let source = Arc::clone(self.problems.source());
        for reference in template.unassigned(&|_| false) {
            let span = text.span_of(&source, reference.at.start + start..reference.at.end + start);
            for seen in self.uses.iter_mut().filter(|seen| seen.span == span && seen.step == self.step) {
                seen.required = true;
            }
        }
    }

    /// `allowed_hosts`, or what follows from a `base_url` without templates.
    pub(super) fn allowed_hosts(
        &mut self,
        written: Option<&[Text]>,
        base_text: Option<&Text>,
        base: Option<&UrlBase>,
    ) -> Option<AllowedHosts> {
        if let Some(written) = written {
            let patterns = written.iter().map(|text| self.host_pattern(text)).collect::<Vec<_>>();
            let hosts = AllowedHosts::new(patterns.into_iter().collect::<Option<Vec<_>>>()?);
            if let (Some(text), Some(base)) = (base_text, base) {
                self.check_allowed(text, base, &hosts);
            }
            return Some(hosts);
        }
        let (text, base) = (base_text?, base?);
        match constant_host(base) {
            Some(address) => match HostPattern::of(&address) {
                Some(pattern) => Some(AllowedHosts::new(vec![pattern])),
                None => {
                    self.problems
                        .add(Code::BadUrl, text.span, "The host of the address is not a valid host.")
                        .help("for example https://api.example.com");
                    None
                }
            },
            None => {
                self.problems
                    .add(
                        Code::MissingAllowedHosts,
                        text.span,
                        "The host depends on what the caller sends, so the hosts it may be must be listed.",
                    )
                    .help("for example `allowed_hosts: [\"*.example.com\"]`; `[any]` is any public host over https");
                None
            }
        }
    }

    /// Checks an address without templates against the hosts allowed.
    pub(super) fn check_allowed(&mut self, text: &Text, base: &UrlBase, hosts: &AllowedHosts) {
        let Some(address) = constant_host(base) else { return };
        match ::url::Url::parse(&address) {
            Ok(address) if hosts.allow(&address) => {}
            Ok(_) => {
                self.problems
                    .add(Code::HostNotAllowed, text.span, "The host is not among `allowed_hosts`.")
                    .help("add it there, with its port where it is not 80 or 443");
            }
            Err(_) => {
                self.problems
                    .add(Code::BadUrl, text.span, "The host of the address is not a valid host.")
                    .help("for example https://api.example.com");
            }
        }
    }

    fn host_pattern(&mut self, text: &Text) -> Option<HostPattern> {
        match HostPattern::compile(&text.value) {
            Ok(pattern) => Some(pattern),
            Err(reason) => {
                self.problems
                    .add(Code::InvalidValue, text.span, format!("This is no host pattern: {reason}."))
                    .help("write a host (`api.example.com`), all below one (`*.example.com`) or `any`");
                None
            }
        }
    }

    /// `contact_external_url` from a template.
    pub(super) fn link(&mut self, text: &Text) -> Option<UrlPlan> {
        let value = text.value.as_str();
        if let Some(end) = value.strip_prefix("{{").and_then(|rest| rest.find("}}")).map(|at| at + 4) {
            let head = Text { value: value.get(..end).unwrap_or_default().to_owned(), ..text.clone() };
            let base = self.whole_url(&head, Position::Response);
            let tail = self.template_part(text, end..value.len(), Position::Response);
            return Some(UrlPlan::new(base?, tail?));
        }
        let query = find_outside_braces(value, |character| "?#".contains(character)).unwrap_or(value.len());
        let head = Text { value: value.get(..query).unwrap_or_default().to_owned(), ..text.clone() };
        let base = self.url_base(&head, Position::Response);
        let tail = self.template_part(text, query..value.len(), Position::Response);
        Some(UrlPlan::new(base?, tail?))
    }
}

/// The scheme, host and port of an address without templates in its host.
fn constant_host(base: &UrlBase) -> Option<String> {
    match base {
        UrlBase::Parts { scheme, authority, .. } => {
            authority.constant().map(|authority| format!("{scheme}://{authority}"))
        }
        UrlBase::Whole(_) => None,
    }
}

/// Byte offset of the first character outside `{{ }}` that `projection` picks.
fn find_outside_braces(text: &str, projection: impl Fn(char) -> bool) -> Option<usize> {
    let mut inside = false;
    let mut skip = 0usize;
    for (at, character) in text.char_indices() {
        if skip > 0 {
            skip -= 1;
            continue;
        }
        let rest = text.get(at..).unwrap_or_default();
        if !inside && rest.starts_with("{{") {
            (inside, skip) = (true, 1);
        } else if inside && rest.starts_with("}}") {
            (inside, skip) = (false, 1);
        } else if !inside && projection(character) {
            return Some(at);
        }
    }
    None
}

/// Byte offset of a segment that is `.` or `..` as written, also percent-encoded.
fn dot_segment(path: &str) -> Option<usize> {
    let mut at = 0;
    for segment in path.split('/') {
        let plain = segment.replace("%2e", ".").replace("%2E", ".");
        if matches!(plain.as_str(), "." | "..") {
            return Some(at);
        }
        at += segment.len() + 1;
    }
    None
}
