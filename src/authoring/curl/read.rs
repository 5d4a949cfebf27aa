//! The words of a `curl` line → an example request.

use super::super::sample::{Sample, SampleBody, SamplePart, parse_json};
use super::error::CurlError;
use super::options::{Meaning, Opt, long, short};
use super::words::words;

/// Reads a `curl` line.
///
/// # Errors
/// A line that is no `curl` line, or that curl itself would refuse.
pub fn read_curl(line: &str) -> Result<Sample, CurlError> {
    let mut words = words(line)?.into_iter();
    match words.next() {
        Some(first) if first == "curl" || first.ends_with("/curl") || first == "curl.exe" => {}
        _ => return Err(CurlError::NotCurl),
    }
    let mut line = Line::default();
    while let Some(word) = words.next() {
        if let Some(name) = word.strip_prefix("--").filter(|name| !name.is_empty()) {
            let (name, attached) =
                name.split_once('=').map_or((name, None), |(name, value)| (name, Some(value.to_owned())));
            let meaning =
                long(name).unwrap_or(Meaning { opt: Opt::Lost("this option is not known here"), takes_value: false });
            let value = match (meaning.takes_value, attached) {
                (true, None) => Some(words.next().ok_or_else(|| CurlError::NoValue(word.clone()))?),
                (_, attached) => attached,
            };
            line.take(meaning.opt, &format!("--{name}"), value.unwrap_or_default())?;
        } else if let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) {
            let mut rest = letters.chars();
            while let Some(letter) = rest.next() {
                let meaning = short(letter)
                    .unwrap_or(Meaning { opt: Opt::Lost("this option is not known here"), takes_value: false });
                let name = format!("-{letter}");
                if !meaning.takes_value {
                    line.take(meaning.opt, &name, String::new())?;
                    continue;
                }
                let attached = rest.as_str().to_owned();
                let value =
                    if attached.is_empty() { words.next().ok_or(CurlError::NoValue(name.clone()))? } else { attached };
                line.take(meaning.opt, &name, value)?;
                break;
            }
        } else if line.url.replace(word).is_some() {
            return Err(CurlError::SeveralUrls);
        }
    }
    line.finish()
}

#[derive(Default)]
struct Line {
    method: Option<String>,
    url: Option<String>,
    headers: Vec<(String, String)>,
    data: Vec<String>,
    json: bool,
    parts: Vec<SamplePart>,
    user: Option<(String, String)>,
    digest: bool,
    aws: Option<String>,
    in_query: bool,
    head: bool,
    notes: Vec<String>,
}

impl Line {
    fn take(&mut self, opt: Opt, name: &str, value: String) -> Result<(), CurlError> {
        match opt {
            Opt::Method => self.method = Some(value.to_uppercase()),
            Opt::Header => self.header(&value)?,
            Opt::Data | Opt::Json if value.starts_with('@') => {
                self.json |= opt == Opt::Json;
                self.notes.push(format!(
                    "the body stands in the file `{}`: write it under `json:` or `form:`",
                    value.trim_start_matches('@')
                ));
            }
            Opt::Data | Opt::DataRaw => self.data.push(value),
            Opt::Json => {
                self.json = true;
                self.data.push(value);
            }
            Opt::DataEncoded => self.data.push(encoded(&value)),
            Opt::Form => self.parts.push(part(&value)),
            Opt::FormString => {
                let (name, content) = value.split_once('=').unwrap_or((&value, ""));
                self.parts.push(SamplePart { name: name.to_owned(), content: content.to_owned(), file: None });
            }
            Opt::User => {
                let (user, password) = value.split_once(':').unwrap_or((&value, ""));
                self.user = Some((user.to_owned(), password.to_owned()));
            }
            Opt::NamedHeader(header) => self.headers.push((header.to_owned(), value)),
            Opt::Cookie => self.headers.push(("Cookie".to_owned(), value)),
            Opt::Bearer => self.headers.push(("Authorization".to_owned(), format!("Bearer {value}"))),
            Opt::Aws => self.aws = Some(value),
            Opt::Url => {
                if self.url.replace(value).is_some() {
                    return Err(CurlError::SeveralUrls);
                }
            }
            Opt::DataInQuery => self.in_query = true,
            Opt::Head => self.head = true,
            Opt::Digest => self.digest = true,
            Opt::Ignored => {}
            Opt::Lost(reason) => self.notes.push(format!("`{name}`: {reason}")),
        }
        Ok(())
    }

    fn header(&mut self, text: &str) -> Result<(), CurlError> {
        // `X-Name;` sends an empty header, `X-Name:` takes one away.
        if let Some(name) = text.strip_suffix(';').filter(|name| !name.contains(':')) {
            self.headers.push((name.to_owned(), String::new()));
            return Ok(());
        }
        let (name, value) = text.split_once(':').ok_or_else(|| CurlError::Header(text.to_owned()))?;
        if !value.trim().is_empty() {
            self.headers.push((name.trim().to_owned(), value.trim().to_owned()));
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Sample, CurlError> {
        let url = self.url.take().ok_or(CurlError::NoUrl)?;
        let (url, query) = url.split_once('?').unwrap_or((&url, ""));
        let mut query = pairs(query.split('#').next().unwrap_or_default());
        let data = self.data.join("&");
        if self.in_query {
            query.extend(pairs(&data));
        }
        let has_body = !self.in_query && (!self.data.is_empty() || self.json);
        let fallback = match (self.head, has_body || !self.parts.is_empty()) {
            (true, _) => "HEAD",
            (false, true) => "POST",
            (false, false) => "GET",
        };
        let body = if !self.parts.is_empty() {
            self.drop_header("content-type");
            SampleBody::Multipart(std::mem::take(&mut self.parts))
        } else if has_body && !data.is_empty() {
            self.body(&data)?
        } else {
            SampleBody::None
        };
        self.headers.retain(|(name, _)| {
            !["host", "content-length", "connection", "accept-encoding"].contains(&name.to_lowercase().as_str())
        });
        // What is sent anyway.
        self.headers.retain(|(name, value)| !(name.eq_ignore_ascii_case("accept") && value == "*/*"));
        if let Some(aws) = &self.aws {
            self.notes.push(format!(
                "`--aws-sigv4 {aws}`: write `authentication: {{ type: aws_sigv4, … }}` with the key and the secret"
            ));
        }
        Ok(Sample {
            method: self.method.unwrap_or_else(|| fallback.to_owned()),
            url: url.split('#').next().unwrap_or(url).to_owned(),
            query,
            headers: self.headers,
            user: self.user,
            digest: self.digest,
            body,
            notes: self.notes,
            ..Sample::default()
        })
    }

    fn drop_header(&mut self, name: &str) -> Option<String> {
        let at = self.headers.iter().position(|(known, _)| known.eq_ignore_ascii_case(name))?;
        Some(self.headers.remove(at).1)
    }

    fn body(&mut self, data: &str) -> Result<SampleBody, CurlError> {
        let said = self.drop_header("content-type");
        let media_type = said.as_deref().map(|said| said.split(';').next().unwrap_or_default().trim().to_lowercase());
        let looks_like_json = data.trim_start().starts_with(['{', '[']);
        match media_type.as_deref() {
            _ if self.json => json(data),
            Some(kind) if kind.ends_with("json") => {
                let body = json(data)?;
                // A name of its own, such as `application/vnd.api+json`, is sent as it is.
                if kind != "application/json" {
                    self.headers.push(("Content-Type".to_owned(), said.unwrap_or_default()));
                }
                Ok(body)
            }
            Some("application/x-www-form-urlencoded") => Ok(SampleBody::Form(pairs(data))),
            None if looks_like_json => match json(data) {
                Ok(body) => {
                    self.notes.push(
                        "without a `Content-Type` curl would send the body as a form; it is JSON, and sent as that"
                            .to_owned(),
                    );
                    Ok(body)
                }
                Err(error) => Err(error),
            },
            None if data.contains('=') => Ok(SampleBody::Form(pairs(data))),
            other => {
                let media_type = said.clone().unwrap_or_else(|| "application/x-www-form-urlencoded".to_owned());
                if other.is_some_and(|kind| kind.ends_with("xml")) {
                    self.notes.push("the XML body is carried over as text: before you put values into it write it as `xml:`, where they are escaped".to_owned());
                }
                Ok(SampleBody::Text(data.to_owned(), media_type))
            }
        }
    }
}

fn json(data: &str) -> Result<SampleBody, CurlError> {
    parse_json(data).map(SampleBody::Json).map_err(|error| {
        let reason = error.to_string();
        let reason = reason.split(" at line").next().unwrap_or_default().to_owned();
        CurlError::Json { reason, line: error.line(), column: error.column() }
    })
}

fn pairs(text: &str) -> Vec<(String, String)> {
    url::form_urlencoded::parse(text.as_bytes()).map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

/// `name=text to encode`, `=text`, or text alone.
fn encoded(value: &str) -> String {
    let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    match value.split_once('=') {
        Some(("", text)) => encode(text),
        Some((name, text)) => format!("{name}={}", encode(text)),
        None => encode(value),
    }
}

/// `name=text`, `name=@file;type=image/png`, `name=<file`.
fn part(text: &str) -> SamplePart {
    let (name, content) = text.split_once('=').unwrap_or((text, ""));
    let file = content.strip_prefix(['@', '<']).filter(|_| !content.is_empty());
    match file {
        None => SamplePart { name: name.to_owned(), content: content.to_owned(), file: None },
        Some(file) => {
            let mut settings = file.split(';');
            let path = settings.next().unwrap_or_default().trim_matches('"');
            let media_type = settings.find_map(|setting| setting.trim().strip_prefix("type=").map(str::to_owned));
            let file_name = path.rsplit(['/', '\\']).next().unwrap_or(path);
            let file_name = if file_name.is_empty() || file_name == "-" { "file" } else { file_name };
            SamplePart {
                name: name.to_owned(),
                content: file_name.to_owned(),
                file: Some(media_type.unwrap_or_else(|| "application/octet-stream".to_owned())),
            }
        }
    }
}
