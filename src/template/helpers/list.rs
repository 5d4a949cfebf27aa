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
    use crate::template::{Moment, Scope, Template};

    #[test]
    fn every_example_gives_what_it_says() {
        let moment = Moment::fixed(jiff::Timestamp::UNIX_EPOCH, [0; 16]);
        for helper in helpers() {
            assert!(!helper.examples.is_empty(), "{} has no example", helper.name);
            for example in helper.examples {
                let data: Value = serde_json::from_str(example.data).unwrap();
                let gives: Value = serde_json::from_str(example.gives).unwrap();
                let template = Template::compile(example.template).unwrap();
                let value = template.value(&Scope::new(&moment).with("data", &data)).unwrap();
                assert_eq!(value, Some(gives), "{}", example.template);
            }
        }
    }

    #[test]
    fn every_name_is_there_once() {
        let names: BTreeSet<&str> = helpers().iter().map(|helper| helper.name).collect();
        assert_eq!(names.len(), helpers().len());
    }
}
