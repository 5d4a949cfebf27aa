//! The response of an action, compiled. Holds no behaviour; `call` maps with it.

use super::capture::Capture;
use super::request::UrlPlan;

/// One of the five fields of the response.
#[derive(Clone, Debug)]
pub struct ResponseField {
    /// Which.
    pub kind: ResponseKey,
    /// How its text is found.
    pub source: ResponseSource,
}

/// How the text of a response field is found.
#[derive(Clone, Debug)]
pub enum ResponseSource {
    /// Like a capture, as text.
    Capture(Capture),
    /// `contact_external_url` from a template: an address whose parts are encoded by position.
    Url(UrlPlan),
}

/// The five fields of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ResponseKey {
    /// `message`
    Message,
    /// `external_id`
    ExternalId,
    /// `contact_external_id`
    ContactExternalId,
    /// `contact_external_type`
    ContactExternalType,
    /// `contact_external_url`
    ContactExternalUrl,
}

impl ResponseKey {
    /// Every field, in the order of the contract.
    pub const ALL: [Self; 5] =
        [Self::Message, Self::ExternalId, Self::ContactExternalId, Self::ContactExternalType, Self::ContactExternalUrl];

    /// The key in the response.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::ExternalId => "external_id",
            Self::ContactExternalId => "contact_external_id",
            Self::ContactExternalType => "contact_external_type",
            Self::ContactExternalUrl => "contact_external_url",
        }
    }
}
