//! `vcard`: a text for a vCard.
//!
//! RFC 6350 §3.4.

use super::arguments::map_text;
use super::{Example, Helper};

/// `vcard text`
pub(super) static VCARD: Helper = Helper {
    name: "vcard",
    signature: "vcard text",
    summary: "The text escaped for a field of a vCard. Absent stays absent; a list or a map is an error.",
    arity: (1, 1),
    named: &[],
    examples: &[Example { template: r#"{{vcard data.x}}"#, data: r#"{"x":"a,b;c"}"#, gives: r#""a\\,b\\;c""# }],
    call: |arguments| {
        map_text(arguments, |text| {
            let text = text.replace('\\', "\\\\").replace(',', "\\,").replace(';', "\\;");
            Ok(text.replace("\r\n", "\\n").replace(['\n', '\r'], "\\n"))
        })
    },
};
