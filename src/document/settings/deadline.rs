//! The time of one call, as the settings say it.

use std::time::Duration;

use crate::diagnostic::Code;
use crate::document::Spanned;
use crate::document::decode::Fields;

/// The longest time that a call may have: Talkdesk waits no longer.
const LONGEST_CALL: Duration = Duration::from_secs(25);

/// The time of one call: more than nothing, and no longer than Talkdesk waits.
pub(super) fn decode_deadline(fields: &mut Fields<'_, '_>, key: &'static str) -> Option<Spanned<Duration>> {
    let deadline: Spanned<Duration> = fields.optional(key)?;
    if !deadline.value.is_zero() && deadline.value <= LONGEST_CALL {
        return Some(deadline);
    }
    fields
        .problems
        .add(Code::InvalidValue, deadline.span, "A call cannot have this time.")
        .help("more than 0s and at most 25s, for example `8s`");
    None
}
