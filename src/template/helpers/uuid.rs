//! `uuid`: a unique id.
//!
//! Drawn from the clock of the call, so that building stays repeatable.

use super::{Example, Helper};

/// `uuid`
pub(super) static UUID: Helper = Helper {
    name: "uuid",
    signature: "uuid",
    summary: "A new unique id (RFC 9562, version 4) at each place it is written; the same when the request is retried.",
    arity: (0, 0),
    named: &[],
    examples: &[Example { template: "{{len (uuid)}}", data: "{}", gives: "36" }],
    call: |arguments| Ok(Some(arguments.clock().draw_uuid().to_string().into())),
};
