//! What a call does, step by step, for explanations and coverage. Off in a serving process.
//!
//! Texts are masked where they are noted, and once more when they are read: an answer holds what only its captures tell
//! to be a secret. They are cut last, since half a secret is not recognised.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use crate::secret::{MASK, Masks};
use crate::upstream::{Answer, OutboundRequest, SendError};
use crate::value::{kind_of, shorten};

/// Of a body or a value so much is shown, in characters.
const LONGEST: usize = 4000;

/// What these headers carry is a credential, wherever it came from.
const CREDENTIALS: [http::HeaderName; 3] =
    [http::header::AUTHORIZATION, http::header::COOKIE, http::header::PROXY_AUTHORIZATION];

/// Notes events while it is on.
#[derive(Debug, Default)]
pub struct Trace {
    noted: Option<Mutex<Noted>>,
}

#[derive(Debug, Default)]
struct Noted {
    events: Vec<Event>,
    /// What the call learned to mask: its input's secrets, and every token.
    secrets: Masks,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A step begins.
    Began {
        /// Its id.
        step: String,
    },
    /// A step's condition does not hold.
    Skipped {
        /// Its id.
        step: String,
    },
    /// A token that an earlier call fetched is used.
    TokenKept,
    /// A token is fetched; the events that follow are those of its steps.
    TokenFetched,
    /// A request goes out.
    Sent(SentRequest),
    /// Its answer, or why there is none.
    ServiceAnswer {
        /// The answer.
        result: Result<SeenAnswer, String>,
        /// How long it took.
        milliseconds: u64,
    },
    /// A pause before the same request goes out again.
    Waited {
        /// How long.
        milliseconds: u64,
    },
    /// The answer is a success.
    Succeeded,
    /// The answer is a failure.
    Failed {
        /// The error rule that matched, as `file:line`; none did if none.
        rule: Option<String>,
    },
    /// A value was looked for.
    Captured(Captured),
}

/// A request as it went out, credentials masked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentRequest {
    /// The method.
    pub method: String,
    /// The address.
    pub url: String,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// The body as text.
    pub body: Option<String>,
}

/// An answer as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenAnswer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// The body as text; none if it has none, or holds a token.
    pub body: Option<String>,
}

/// A capture or a field of the response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Captured {
    /// `vars.id`, `response.external_id`
    pub name: String,
    /// Where it was looked for, as written.
    pub source: String,
    /// The type and the value, or nothing.
    pub found: Option<(&'static str, String)>,
    /// What the answer has near a path that found nothing.
    pub near: Option<String>,
}

/// Whether what passes may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Visibility {
    /// Yes, redacted.
    Shown,
    /// No: these are the steps that fetch a token.
    Hidden,
}

impl Trace {
    /// Notes nothing.
    pub const OFF: Self = Self { noted: None };

    /// Notes everything.
    #[must_use]
    pub fn on() -> Self {
        Self { noted: Some(Mutex::default()) }
    }

    /// What has happened so far, with every secret masked that the call knows by now.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        let Some(noted) = &self.noted else { return Vec::new() };
        let noted = lock(noted);
        noted.events.iter().map(|event| event.masked(&noted.secrets)).collect()
    }

    /// What the call learned to mask by its end.
    #[must_use]
    pub fn secrets(&self) -> Masks {
        self.noted.as_ref().map(|noted| lock(noted).secrets.clone()).unwrap_or_default()
    }

    pub(super) fn note_secrets(&self, secrets: &Masks) {
        if let Some(noted) = &self.noted {
            lock(noted).secrets = secrets.clone();
        }
    }

    /// Notes an event, which is made only if somebody wants it.
    pub(super) fn note(&self, event: impl FnOnce() -> Event) {
        if let Some(noted) = &self.noted {
            lock(noted).events.push(event());
        }
    }

    /// Whether anybody reads it.
    pub(super) fn is_on(&self) -> bool {
        self.noted.is_some()
    }
}

impl Event {
    fn masked(&self, masks: &Masks) -> Self {
        let text = |text: &String| shorten(&masks.redact(text), LONGEST);
        let headers = |headers: &[(String, String)]| {
            headers.iter().map(|(name, value)| (name.clone(), masks.redact(value))).collect()
        };
        match self {
            Self::Sent(request) => Self::Sent(SentRequest {
                method: request.method.clone(),
                url: masks.redact(&request.url),
                headers: headers(&request.headers),
                body: request.body.as_ref().map(text),
            }),
            Self::ServiceAnswer { result, milliseconds } => Self::ServiceAnswer {
                result: result.as_ref().map_err(|error| masks.redact(error)).map(|answer| SeenAnswer {
                    status: answer.status,
                    headers: headers(&answer.headers),
                    body: answer.body.as_ref().map(text),
                }),
                milliseconds: *milliseconds,
            },
            Self::Captured(captured) => Self::Captured(Captured {
                found: captured.found.as_ref().map(|(kind, found)| (*kind, text(found))),
                near: captured.near.as_ref().map(|near| masks.redact(near)),
                ..captured.clone()
            }),
            Self::Began { .. }
            | Self::Skipped { .. }
            | Self::TokenKept
            | Self::TokenFetched
            | Self::Waited { .. }
            | Self::Succeeded
            | Self::Failed { .. } => self.clone(),
        }
    }
}

fn lock(noted: &Mutex<Noted>) -> MutexGuard<'_, Noted> {
    noted.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn sent(request: &OutboundRequest, masks: &Masks) -> Event {
    let headers = request.headers.iter().map(|(name, value)| {
        let is_credential = value.is_sensitive() || CREDENTIALS.contains(name);
        let shown = if is_credential { MASK.into() } else { String::from_utf8_lossy(value.as_bytes()) };
        (name.to_string(), masks.redact(&shown))
    });
    let body = (!request.body.is_empty()).then(|| shown(&request.body, masks));
    Event::Sent(SentRequest {
        method: request.method.to_string(),
        url: masks.redact(request.url.as_str()),
        headers: headers.collect(),
        body,
    })
}

pub(super) fn answered(
    answer: &Result<Answer, SendError>,
    milliseconds: u64,
    (masks, visibility): (&Masks, Visibility),
) -> Event {
    let result = answer.as_ref().map_err(ToString::to_string).map(|answer| SeenAnswer {
        status: answer.status,
        headers: if visibility == Visibility::Hidden {
            Vec::new()
        } else {
            let text = |name: &http::HeaderName, value: &http::HeaderValue| {
                // What is set there proves later who one is.
                if *name == http::header::SET_COOKIE {
                    return MASK.to_owned();
                }
                masks.redact(&String::from_utf8_lossy(value.as_bytes()))
            };
            answer.headers.iter().map(|(name, value)| (name.to_string(), text(name, value))).collect()
        },
        body: (!answer.body.is_empty() && visibility == Visibility::Shown).then(|| shown(&answer.body, masks)),
    });
    Event::ServiceAnswer { result, milliseconds }
}

pub(super) fn captured(
    (name, source): (String, String),
    value: Option<&Value>,
    near: Option<String>,
    (masks, visibility): (&Masks, Visibility),
) -> Event {
    let found = value.map(|value| {
        let text = match visibility {
            Visibility::Shown => masks.redact(&value.to_string()),
            Visibility::Hidden => MASK.to_owned(),
        };
        (kind_of(Some(value)), text)
    });
    Event::Captured(Captured { name, source, found, near })
}

/// A body as text; JSON with a line for each member.
fn shown(body: &[u8], masks: &Masks) -> String {
    let text = String::from_utf8_lossy(body);
    let pretty = serde_json::from_str::<Value>(&text).map_or_else(|_| text.into_owned(), |value| format!("{value:#}"));
    masks.redact(&pretty)
}
