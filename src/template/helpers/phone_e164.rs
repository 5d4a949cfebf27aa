//! `phone_e164`: a telephone number in its international form.
//!
//! ITU-T E.164: `+` and 7 to 15 digits. Knows no numbering plans.

use super::arguments::map_text;
use super::{Example, Helper, HelperError};

/// `phone_e164 text country="351"`
pub(super) static PHONE_E164: Helper = Helper {
    name: "phone_e164",
    signature: r#"phone_e164 text country="351""#,
    summary: "The number as `+` and digits. A number without `+` or `00` is national and needs `country`; one leading zero of it is dropped (but in Italy, 39, where it belongs to the number), and `(0)` of any number. Absent stays absent; what is no number is an error.",
    arity: (1, 1),
    named: &["country"],
    examples: &[
        Example {
            template: r#"{{phone_e164 data.x}}"#,
            data: r#"{"x":"00351 21-000 000"}"#,
            gives: r#""+35121000000""#,
        },
        Example {
            template: r#"{{phone_e164 data.x}}"#,
            data: r#"{"x":"+44 (0)20 7946 0000"}"#,
            gives: r#""+442079460000""#,
        },
        Example {
            template: r#"{{phone_e164 data.x country="49"}}"#,
            data: r#"{"x":"030 123456"}"#,
            gives: r#""+4930123456""#,
        },
    ],
    call: |arguments| {
        let country = arguments.named_text("country")?;
        map_text(arguments, |text| international(text, country.as_deref()))
    },
};

fn international(text: &str, country: Option<&str>) -> Result<String, HelperError> {
    let wrong = || HelperError::new("needs a telephone number, found other text");
    // `+44 (0)20 …`: the zero is dialled at home only.
    let compact: String =
        text.replacen("(0)", "", 1).chars().filter(|character| !" -.()/\u{a0}".contains(*character)).collect();
    let digits = match (compact.strip_prefix('+'), compact.strip_prefix("00")) {
        (Some(digits), _) | (None, Some(digits)) => digits.to_owned(),
        (None, None) => {
            let country = country.map(|country| country.trim_start_matches('+'));
            let country = country.ok_or_else(|| HelperError::new("found a national number; say `country=\"…\"`"))?;
            if !is_country(country) {
                return Err(HelperError::new("needs a country code of one to three digits for `country`"));
            }
            // Italy has no trunk zero: what looks like one is part of the number.
            let national = if country == ITALY { None } else { compact.strip_prefix('0') };
            format!("{country}{}", national.unwrap_or(&compact))
        }
    };
    let fits = (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    if fits && !digits.starts_with('0') { Ok(format!("+{digits}")) } else { Err(wrong()) }
}

const ITALY: &str = "39";

/// ITU-T E.164 §6.2.1: one to three digits, none of which begins with 0.
fn is_country(code: &str) -> bool {
    (1..=3).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_digit()) && !code.starts_with('0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, country: Option<&str>, expected: Option<&str>) {
        assert_eq!(international(text, country).ok().as_deref(), expected, "{text} {country:?}");
    }

    #[test]
    fn a_national_number_needs_a_country_that_is_one() {
        check("0912 345 678", Some("351"), Some("+351912345678"));
        check("06 1234567", Some("+39"), Some("+39061234567"));
        check("0912345678", None, None);
        for code in ["", "0", "049", "3511", "pt", "3 5"] {
            check("0912345678", Some(code), None);
        }
    }

    #[test]
    fn a_zero_dialled_at_home_only_is_dropped() {
        check("+49 (0)30 123456", None, Some("+4930123456"));
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["anonymous", "", "+", "+12", "+1234567890123456", "+0123456789", "+351 21x000000"] {
            check(text, None, None);
        }
    }
}
