//! `service.yaml`: what all actions of one directory share.

use std::time::Duration;

use schemars::JsonSchema;

use super::decode::{Decode, Fields, Words, decode_word};
use super::schema::{DurationText, RateText, Reasons, RetryCount, SizeText};
use super::{
    AuthenticationDocument, ErrorRuleDocument, InputDocument, Keyed, Kind, Node, Spanned, SuccessDocument, Text,
    VerifyDocument,
};
use crate::diagnostic::{Code, Problems};
use crate::keyword::Placeholders;

/// One `service.yaml`.
#[derive(Clone, Debug, PartialEq, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ServiceDocument {
    /// Version of the language; 1.
    #[schemars(extend("const" = 1), extend("examples" = [1]))]
    pub version: Spanned<u64>,
    /// Name of the service as people know it.
    #[schemars(extend("examples" = ["Zendesk Support"]))]
    pub title: Option<Text>,
    /// What it is.
    #[schemars(extend("examples" = ["Tickets and contacts of one Zendesk account."]))]
    pub description: Option<Text>,
    /// Fields that every action of the service takes.
    #[schemars(extend("examples" = [{"auth": {"token": {"required": true}}}]))]
    pub input: Option<InputDocument>,
    /// Scheme, host and path prefix of every request.
    #[schemars(extend("examples" = ["https://{{auth.subdomain}}.zendesk.com"]))]
    pub base_url: Option<Text>,
    /// Hosts a request may go to.
    #[schemars(extend("examples" = [["*.zendesk.com"]]))]
    pub allowed_hosts: Option<Vec<Text>>,
    /// How requests prove who they are.
    #[schemars(extend("examples" = [{"type": "bearer", "token": "{{auth.token}}"}]))]
    pub authentication: Option<AuthenticationDocument>,
    /// Headers of every request.
    #[schemars(extend("examples" = [{"Accept": "application/json"}]))]
    pub headers: Option<Keyed<Node>>,
    /// How long to wait.
    #[schemars(extend("examples" = [{"connect": "2s", "attempt": "6s"}]))]
    pub timeout: Option<TimeoutDocument>,
    /// When to try again.
    #[schemars(extend("examples" = [{"max": 2, "for": ["connect", 429, 503]}]))]
    pub retry: Option<RetryDocument>,
    /// Bounds of answers, and of how often the service is called.
    #[schemars(extend("examples" = [{"rate": "20/s", "max_answer": "1MiB"}]))]
    pub limits: Option<LimitsDocument>,
    /// Which answers are a success.
    #[schemars(extend("examples" = [{"status": "2xx"}]))]
    pub success: Option<SuccessDocument>,
    /// What failures mean; first match wins.
    #[schemars(extend("examples" = [[{"status": 429, "kind": "busy"}]]))]
    pub errors: Option<Vec<ErrorRuleDocument>>,
    /// A request that says whether credentials are good, served at `/SERVICE/_verify`.
    #[schemars(extend("examples" = [{"request": {"method": "GET", "path": "/me"}, "return": {"user_id": "$.id"}}]))]
    pub verify: Option<VerifyDocument>,
    /// Answer 401 instead of 400 when the service refuses the credentials.
    #[schemars(extend("default" = false, "examples" = [true]))]
    pub reply_401_on_auth_failure: Option<Spanned<bool>>,
    /// What to do with a value that is one unresolved placeholder.
    #[schemars(extend("default" = "absent", "examples" = ["keep"]))]
    pub placeholders: Option<Spanned<Placeholders>>,
}

/// How long to wait.
#[derive(Clone, Debug, Default, PartialEq, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TimeoutDocument {
    /// Until the connection stands.
    #[schemars(with = "Option<DurationText>", extend("default" = "2s", "examples" = ["2s"]))]
    pub connect: Option<Spanned<Option<Duration>>>,
    /// For one attempt, connection included.
    #[schemars(with = "Option<DurationText>", extend("default" = "6s", "examples" = ["6s"]))]
    pub attempt: Option<Spanned<Option<Duration>>>,
}

/// When to try again.
#[derive(Clone, Debug, Default, PartialEq, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RetryDocument {
    /// Attempts after the first; 0 to 5.
    #[schemars(with = "Option<RetryCount>", extend("default" = 0, "examples" = [2]))]
    pub max: Option<Spanned<Option<u64>>>,
    /// `connect` and statuses (`429`, `5xx`).
    #[schemars(rename = "for", with = "Option<Reasons>", extend("default" = ["connect", 429, 502, 503, 504], "examples" = [["connect", 429, "5xx"]]))]
    pub reasons: Option<Vec<Text>>,
}

/// Bounds of answers, and of how often the service is called.
#[derive(Clone, Debug, Default, PartialEq, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct LimitsDocument {
    /// Requests in any window of time, for example `20/s`, `100/min` or `5000/15min`.
    #[schemars(with = "Option<RateText>", extend("examples" = ["20/s"]))]
    pub rate: Option<Spanned<Option<Rate>>>,
    /// Requests at the same time.
    #[schemars(with = "Option<RetryCount>", extend("examples" = [32]))]
    pub concurrent: Option<Spanned<Option<u64>>>,
    /// What `rate` and `concurrent` are counted by; all calls together if not said.
    #[schemars(extend("examples" = ["{{auth.subdomain}}"]))]
    pub by: Option<Text>,
    /// Largest answer, in bytes.
    #[schemars(with = "Option<SizeText>", extend("default" = "1MiB", "examples" = ["1MiB"]))]
    pub max_answer: Option<Spanned<Option<u64>>>,
}

impl Decode for ServiceDocument {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(node, "a service", problems)?;
        let version = decode_version(&mut fields);
        let document = Self {
            version,
            title: fields.optional("title"),
            description: fields.optional("description"),
            input: fields.optional("input"),
            base_url: fields.optional("base_url"),
            allowed_hosts: fields.optional("allowed_hosts"),
            authentication: fields.optional("authentication"),
            headers: fields.optional("headers"),
            timeout: fields.optional("timeout"),
            retry: fields.optional("retry"),
            limits: fields.optional("limits"),
            success: fields.optional("success"),
            errors: fields.optional("errors"),
            verify: fields.optional("verify"),
            reply_401_on_auth_failure: fields.optional("reply_401_on_auth_failure"),
            placeholders: fields.optional("placeholders"),
        };
        fields.close();
        Some(document)
    }
}

/// `version: 1`; without it nobody could tell a file of today from one of tomorrow.
pub(super) fn decode_version(fields: &mut Fields<'_, '_>) -> Spanned<u64> {
    let known = fields.has("version");
    let version: Option<Spanned<u64>> = fields.required("version");
    match version {
        Some(version) if version.value == 1 => version,
        Some(version) => {
            fields
                .problems
                .add(
                    Code::UnknownVersion,
                    version.span,
                    format!("Version {} of the language is not known here.", version.value),
                )
                .help("write `version: 1`");
            version
        }
        None => Spanned { value: u64::from(!known), span: fields.span() },
    }
}

impl Decode for Spanned<Placeholders> {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        decode_word(node, &[("absent", Placeholders::Absent), ("keep", Placeholders::Keep)], problems)
    }
}

impl Decode for TimeoutDocument {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(node, "`timeout`", problems)?;
        let document = Self { connect: fields.optional("connect"), attempt: fields.optional("attempt") };
        fields.close();
        Some(document)
    }
}

impl Decode for RetryDocument {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(node, "`retry`", problems)?;
        let max = fields.optional("max");
        let reasons: Option<Words> = fields.optional("for");
        fields.close();
        Some(Self { max, reasons: reasons.map(|reasons| reasons.0) })
    }
}

impl Decode for LimitsDocument {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(node, "`limits`", problems)?;
        let (rate, concurrent) = (fields.optional("rate"), fields.optional("concurrent"));
        let by = fields.optional("by");
        let size: Option<Size> = fields.optional("max_answer");
        fields.close();
        Some(Self { rate, concurrent, by, max_answer: size.map(|size| size.0) })
    }
}

/// So many requests in any window of so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Requests.
    pub count: u32,
    /// Window.
    pub window: Duration,
}

/// The most requests that one window counts.
const MOST_IN_WINDOW: u32 = 10_000;

impl Rate {
    /// Reads `20/s`, `100/min`, `5000/15min`.
    fn read(text: &str) -> Option<Self> {
        let (count, window) = text.split_once('/')?;
        let window = window.trim();
        let window = if window.starts_with(|first: char| first.is_ascii_digit()) {
            window.to_owned()
        } else {
            format!("1{window}")
        };
        let count = count.trim().parse().ok().filter(|count| (1..=MOST_IN_WINDOW).contains(count))?;
        let window = crate::value::parse_duration(&window).ok().filter(|window| !window.is_zero())?;
        (window <= Duration::from_secs(24 * 60 * 60)).then_some(Self { count, window })
    }
}

impl Decode for Spanned<Option<Rate>> {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let rate = match &node.kind {
            Kind::Null => Some(None),
            Kind::Text(text) => Rate::read(&text.value).map(Some),
            _ => None,
        };
        if rate.is_none() {
            problems
                .add(Code::InvalidValue, node.span, "This is not a rate.")
                .help("1 to 10000 requests in a window of at most 24h: `20/s`, `100/min`, `5000/15min`");
        }
        rate.map(|value| Self { value, span: node.span })
    }
}

/// A size in bytes: `1MiB`, `64 KiB`, `500kB`, `1000`.
struct Size(Spanned<Option<u64>>);

impl Decode for Size {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let size = match &node.kind {
            Kind::Null => Some(None),
            Kind::Number(number) => number.to_string().parse().ok().map(Some),
            Kind::Text(text) => crate::value::parse_size(&text.value).ok().map(Some),
            _ => None,
        };
        if size.is_none() {
            problems.add(Code::InvalidValue, node.span, "This is not a size.").help("for example `1MiB` or `500kB`");
        }
        size.map(|value| Self(Spanned { value, span: node.span }))
    }
}
