//! Every helper, by name.

use super::{
    Helper, adf, and, base64, base64_decode, boolean, choose, concat, date, default, digits, eq, first, gt, gte, hex,
    hmac_sha256, html, indent, integer, join, json, last, len, lines, lookup, lower, lt, lte, ne, not, now, number, or,
    phone_e164, replace, sha256, single_line, slack, soql, sosl, split, string, strip_html, trim, truncate, upper,
    url_encode, uuid, vcard,
};

/// Every helper, in the order of the documentation.
static HELPERS: &[&Helper] = &[
    &default::DEFAULT,
    &choose::CHOOSE,
    &upper::UPPER,
    &lower::LOWER,
    &trim::TRIM,
    &truncate::TRUNCATE,
    &replace::REPLACE,
    &split::SPLIT,
    &join::JOIN,
    &lines::LINES,
    &single_line::SINGLE_LINE,
    &indent::INDENT,
    &first::FIRST,
    &last::LAST,
    &integer::INTEGER,
    &number::NUMBER,
    &boolean::BOOLEAN,
    &string::STRING,
    &json::JSON,
    &concat::CONCAT,
    &date::DATE,
    &now::NOW,
    &uuid::UUID,
    &digits::DIGITS,
    &phone_e164::PHONE_E164,
    &base64::BASE64,
    &base64_decode::BASE64_DECODE,
    &sha256::SHA256,
    &hmac_sha256::HMAC_SHA256,
    &hex::HEX,
    &url_encode::URL_ENCODE,
    &soql::SOQL,
    &sosl::SOSL,
    &html::HTML,
    &strip_html::STRIP_HTML,
    &vcard::VCARD,
    &slack::SLACK,
    &adf::ADF,
    &eq::EQ,
    &ne::NE,
    &gt::GT,
    &gte::GTE,
    &lt::LT,
    &lte::LTE,
    &and::AND,
    &or::OR,
    &not::NOT,
    &len::LEN,
    &lookup::LOOKUP,
];

/// Every helper, in the order of the documentation.
#[must_use]
pub fn helpers() -> &'static [&'static Helper] {
    HELPERS
}

/// The helper with this name.
#[must_use]
pub fn helper(name: &str) -> Option<&'static Helper> {
    HELPERS.iter().copied().find(|helper| helper.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;
    use crate::budget::Budget;
    use crate::template::{CallClock, Scope, Template};

    static UNLIMITED: Budget = Budget::unlimited();

    #[test]
    fn every_example_gives_what_it_says() {
        let clock = CallClock::fixed(jiff::Timestamp::UNIX_EPOCH, [0; 16]);
        for helper in helpers() {
            assert!(!helper.examples.is_empty(), "{} has no example", helper.name);
            for example in helper.examples {
                let data: Value = serde_json::from_str(example.data).unwrap();
                let gives: Value = serde_json::from_str(example.gives).unwrap();
                let template = Template::compile(example.template).unwrap();
                let value = template.value(&Scope::new(&clock, &UNLIMITED).with("data", &data)).unwrap();
                assert_eq!(value, Some(gives), "{}", example.template);
            }
        }
    }

    #[test]
    fn every_name_is_there_once() {
        let names: BTreeSet<&str> = helpers().iter().map(|helper| helper.name).collect();
        assert_eq!(names.len(), helpers().len());
    }

    /// Every call must answer or refuse in words, whatever it is given.
    #[test]
    fn no_argument_makes_a_helper_panic_or_show_a_value() {
        let clock = CallClock::fixed(jiff::Timestamp::UNIX_EPOCH, [0; 16]);
        let odd = serde_json::json!([null, true, -1, 1.5, "", "hunter2", ["hunter2"], { "hunter2": "hunter2" }]);
        for helper in helpers() {
            for value in odd.as_array().unwrap() {
                for count in helper.arity.0..=helper.arity.1.min(helper.arity.0 + 2) {
                    let text = format!("{{{{{}{}}}}}", helper.name, " data.x".repeat(count));
                    let Ok(template) = Template::compile(&text) else { continue };
                    let data = serde_json::json!({ "x": value });
                    if let Err(error) = template.value(&Scope::new(&clock, &UNLIMITED).with("data", &data)) {
                        assert!(!error.to_string().contains("hunter2"), "{text}: {error}");
                    }
                }
            }
        }
    }

    /// An absent text is left out, so that a key around it is not sent.
    #[test]
    fn what_changes_a_text_leaves_absent_and_null_out() {
        let clock = CallClock::fixed(jiff::Timestamp::UNIX_EPOCH, [0; 16]);
        let data = serde_json::json!({ "null": null });
        let calls = [
            "upper X",
            "lower X",
            "trim X",
            "truncate X 3",
            "replace X 'a' 'b'",
            "split X ','",
            "join X",
            "lines X",
            "single_line X",
            "indent X 2",
            "first X",
            "last X",
            "integer X",
            "number X",
            "boolean X",
            "string X",
            "date X",
            "digits X",
            "phone_e164 X",
            "base64 X",
            "base64_decode X",
            "sha256 X",
            "hmac_sha256 X 'k'",
            "hex X",
            "url_encode X",
            "soql X",
            "sosl X",
            "html X",
            "strip_html X",
            "vcard X",
            "slack X",
            "adf X",
            "lookup X 'a'",
        ];
        for call in calls {
            for x in ["data.absent", "data.null"] {
                let text = format!("{{{{{}}}}}", call.replace('X', x));
                let value =
                    Template::compile(&text).unwrap().value(&Scope::new(&clock, &UNLIMITED).with("data", &data));
                assert_eq!(value, Ok(None), "{text}");
            }
        }
    }
}
