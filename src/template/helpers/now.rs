//! `now`: the instant of the call.
//!
//! The same throughout one call; reads no clock itself.

use super::instant_text::{NAMED, instant_text};
use super::{Example, Helper};

/// `now`
pub(super) static NOW: Helper = Helper {
    name: "now",
    signature: "now format=\"%Y-%m-%d\" zone=\"Europe/Lisbon\"",
    summary: "The instant of the call in the strftime format and IANA time zone; RFC 3339 in UTC unless given. An \
              unknown zone and an unfit format are errors.",
    arity: (0, 0),
    named: NAMED,
    examples: &[Example { template: "{{len (now format=\"%Y-%m-%d\")}}", data: "{}", gives: "10" }],
    call: |arguments| Ok(Some(instant_text(arguments.clock().instant(), arguments)?.into())),
};
