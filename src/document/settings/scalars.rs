//! Single values of the settings: addresses, networks, files, where secrets come from.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use http::HeaderName;
use ipnet::IpNet;
use schemars::JsonSchema;

use crate::diagnostic::{Code, Problems};
use crate::document::decode::{Decode, decode_word, wrong_type};
use crate::document::{Kind, Node, Spanned};
use crate::host_pattern::HostPattern;
use crate::keyword::{ProxyAddress, is_http};
use crate::origin::Origin;

/// Where the admin listener stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdminPlace {
    /// At an address.
    At(SocketAddr),
    /// Nowhere.
    Off,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(inline, rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Where the state is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatePlace {
    /// In the process.
    Memory,
    /// In the Redis at this address. It may hold a password.
    Shared(crate::secret::Secret<String>),
    /// In the Redis whose address stands there.
    SharedFrom(Origin),
}

/// A part of a whole, from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fraction(pub f64);

/// An absolute `http` or `https` address.
pub(super) struct HttpAddress(pub(super) String);

/// Reads text; `wrong` is what the problem says otherwise, and what to write.
fn decode_text<T>(
    node: &Node,
    problems: &mut Problems,
    wrong: (&str, &str),
    read: impl FnOnce(&str) -> Option<T>,
) -> Option<Spanned<T>> {
    let Kind::Text(text) = &node.kind else {
        wrong_type(node, "text", problems);
        return None;
    };
    let value = read(text.value.trim());
    if value.is_none() {
        problems.add(Code::InvalidValue, node.span, format!("This is not {}.", wrong.0)).help(wrong.1);
    }
    Some(Spanned { value: value?, span: node.span })
}

impl Decode for Spanned<String> {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        decode_text(node, problems, ("text", "write text"), |text| Some(text.to_owned()))
    }
}

impl Decode for Spanned<PathBuf> {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let wrong = ("a path", "a path relative to the settings file, or an absolute one");
        decode_text(node, problems, wrong, |text| (!text.is_empty()).then(|| PathBuf::from(text)))
    }
}

impl Decode for Spanned<SocketAddr> {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let wrong = ("an address to listen at", "an IP address and a port, for example `0.0.0.0:8080` or `[::]:8080`");
        decode_text(node, problems, wrong, |text| text.parse().ok())
    }
}

impl Decode for Spanned<AdminPlace> {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let wrong = ("an address to listen at", "an IP address and a port such as `127.0.0.1:8081`, or `off`");
        decode_text(node, problems, wrong, |text| match text {
            "off" => Some(AdminPlace::Off),
            address => address.parse().ok().map(AdminPlace::At),
        })
    }
}

impl Decode for Spanned<Duration> {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let wrong = ("a duration", "write a number with its unit: `500ms`, `6s`, `24h`");
        decode_text(node, problems, wrong, |text| crate::value::parse_duration(text).ok())
    }
}

impl Decode for Spanned<Origin> {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let wrong = (
            "a place of a secret",
            "write `env:VARIABLE` or `file:PATH`; the secret itself does not stand in this file",
        );
        let origin = decode_text(node, problems, wrong, |text| text.parse().ok());
        if origin.is_none() {
            // It may be the secret itself.
            problems.hide(node.span);
        }
        origin
    }
}

impl Decode for Spanned<IpNet> {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let wrong = ("a network", "an address and the length of its prefix, for example `10.2.0.0/16`");
        decode_text(node, problems, wrong, |text| text.parse().ok())
    }
}

impl Decode for Spanned<HeaderName> {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        decode_text(node, problems, ("the name of a header", "for example `X-Bridge-Key`"), |text| text.parse().ok())
    }
}

impl Decode for Spanned<HostPattern> {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let wrong = ("a pattern of hosts", "for example `api.example.com` or `*.example.com`");
        decode_text(node, problems, wrong, |text| HostPattern::compile(text).ok())
    }
}

impl Decode for Spanned<StatePlace> {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        // A password may stand in it.
        problems.hide(node.span);
        let wrong =
            ("a place for the state", "write `memory`, `redis://…`, `rediss://…`, `env:VARIABLE` or `file:PATH`");
        decode_text(node, problems, wrong, |text| text.parse().ok())
    }
}

impl std::str::FromStr for StatePlace {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "memory" {
            return Ok(Self::Memory);
        }
        if let Ok(origin) = text.parse() {
            return Ok(Self::SharedFrom(origin));
        }
        let is_redis =
            ["redis://", "rediss://", "unix://", "redis+unix://"].iter().any(|scheme| text.starts_with(scheme));
        if is_redis {
            return Ok(Self::Shared(crate::secret::Secret::new(text.to_owned())));
        }
        Err("expected `memory`, `redis://…`, `rediss://…`, `env:VARIABLE` or `file:PATH`")
    }
}

impl Decode for Spanned<LogFormat> {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        decode_word(node, &[("text", LogFormat::Text), ("json", LogFormat::Json)], problems)
    }
}

impl Decode for Spanned<HttpAddress> {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        // A password may stand in it.
        problems.hide(node.span);
        let wrong = ("an address", "for example `http://127.0.0.1:4318`");
        decode_text(node, problems, wrong, |text| is_http(text).then(|| HttpAddress(text.to_owned())))
    }
}

impl Decode for Spanned<ProxyAddress> {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        // A password may stand in it.
        problems.hide(node.span);
        let wrong = ("a proxy", "an address such as `http://proxy.internal:3128`, or `direct`");
        decode_text(node, problems, wrong, |text| text.parse().ok())
    }
}

impl Decode for Spanned<Fraction> {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let Kind::Number(number) = &node.kind else {
            wrong_type(node, "a number", problems);
            return None;
        };
        let value = number.as_f64().filter(|value| (0.0..=1.0).contains(value));
        if value.is_none() {
            problems.add(Code::InvalidValue, node.span, "This is not a part of the whole.").help("from 0 to 1");
        }
        Some(Self { value: Fraction(value?), span: node.span })
    }
}

/// A duration that passes.
pub(super) struct Time(pub(super) Spanned<Duration>);

impl Decode for Time {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let time: Spanned<Duration> = Decode::decode(node, problems)?;
        if time.value.is_zero() {
            problems
                .add(Code::InvalidValue, node.span, "This is no time at all.")
                .help("more than 0s, for example `10s`");
            return None;
        }
        Some(Self(time))
    }
}

/// A number from 1 on.
pub(super) fn decode_count(node: &Node, problems: &mut Problems) -> Option<Spanned<usize>> {
    let number: Spanned<u64> = Decode::decode(node, problems)?;
    let value = usize::try_from(number.value).ok().filter(|value| *value > 0);
    if value.is_none() {
        problems.add(Code::InvalidValue, node.span, "This bound lets nothing through.").help("a number from 1 on");
    }
    Some(Spanned { value: value?, span: node.span })
}

/// A number from 1 on.
pub(super) struct Count(pub(super) Spanned<usize>);

impl Decode for Count {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        decode_count(node, problems).map(Self)
    }
}

/// A size in bytes, more than none.
pub(super) struct Bytes(pub(super) Spanned<usize>);

impl Decode for Bytes {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        if let Kind::Number(_) = node.kind {
            return decode_count(node, problems).map(Self);
        }
        decode_text(node, problems, ("a size", "for example `256KiB` or `1MiB`"), |text| {
            crate::value::parse_size(text).ok().and_then(|size| usize::try_from(size).ok()).filter(|size| *size > 0)
        })
        .map(Self)
    }
}
