//! `date`: an instant in the format a service wants.
//!
//! Reads instants, no dates without a time: those name no instant.

use super::instant_text::{NAMED, instant_text};
use super::{Example, Helper, HelperError};
use crate::value::{kind_of, parse_instant};

/// `date instant`
pub(super) static DATE: Helper = Helper {
    name: "date",
    signature: "date instant format=\"%Y-%m-%d\" zone=\"Europe/Lisbon\"",
    summary: "The instant (RFC 3339, `2012-11-20 23:01:00 UTC`, or seconds since 1970) in the strftime format and IANA \
              time zone; RFC 3339 in UTC unless given. Absent stays absent; what is no instant, an unknown zone and an \
              unfit format are errors.",
    arity: (1, 1),
    named: NAMED,
    examples: &[
        Example { template: "{{date data.x}}", data: r#"{"x":"1353452460"}"#, gives: r#""2012-11-20T23:01:00Z""# },
        Example {
            template: "{{date data.x format=\"%d.%m.%Y %H:%M\" zone=\"Europe/Berlin\"}}",
            data: r#"{"x":"2012-11-20 23:01:00 UTC"}"#,
            gives: r#""21.11.2012 00:01""#,
        },
    ],
    call: |arguments| {
        let Some(value) = arguments.present(0) else { return Ok(None) };
        let instant = parse_instant(value).ok_or_else(|| {
            let found = kind_of(Some(value));
            HelperError::new(format!(
                "takes an instant as its argument 1 (RFC 3339 with an offset, or seconds since 1970), found {found} that \
                 is none"
            ))
        })?;
        Ok(Some(instant_text(instant, arguments)?.into()))
    },
};
