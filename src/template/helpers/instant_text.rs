//! An instant as text, in the format and time zone that a call names.
//!
//! Shared by `date` and `now`; reads no clock.

use jiff::Timestamp;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;

use super::HelperError;
use super::arguments::Arguments;
use crate::value::print_instant;

/// The named arguments of every helper that writes an instant.
pub(super) const NAMED: &[&str] = &["format", "zone"];

/// The instant as RFC 3339 in UTC, or as the arguments `format` and `zone` say.
pub(super) fn instant_text(instant: Timestamp, arguments: &Arguments<'_>) -> Result<String, HelperError> {
    let zone = arguments.named_text("zone")?.map(|name| TimeZone::get(&name)).transpose().map_err(|_| {
        HelperError::new("knows no time zone of the name in `zone`: write an IANA name such as `Europe/Lisbon`")
    })?;
    match (arguments.named_text("format")?, zone) {
        (None, None) => Ok(print_instant(instant)),
        (None, Some(zone)) => Ok(instant.display_with_offset(zone.to_offset(instant)).to_string()),
        (Some(format), zone) => {
            let local = instant.to_zoned(zone.unwrap_or(TimeZone::UTC));
            strtime::format(&format, &local)
                .map_err(|_| HelperError::new("cannot read its `format`: write strftime such as `%Y-%m-%d %H:%M`"))
        }
    }
}
