//! `phone_e164`: a telephone number in its international form.
//!
//! ITU-T E.164, by the numbering plans of libphonenumber: the number is right, or it is refused. The only file that names
//! the library, whose plans are read when the first number is.

use rlibphonenumber::{NumberLengthType, PHONE_NUMBER_UTIL as PLANS, PhoneNumber, PhoneNumberFormat, Region};

use super::arguments::map_text;
use super::{Example, Helper, HelperError};

/// `phone_e164 text country="351"`
pub(super) static PHONE_E164: Helper = Helper {
    name: "phone_e164",
    signature: r#"phone_e164 text country="351""#,
    summary: "The number as `+` and digits. `country`, a calling code (`351`) or a region (`PT`), says how a number without `+` is dialled: its trunk prefix and its international prefix (`011` in the United States) are removed, and the number must exist in the country's numbering plan. Without `country` only numbers that begin with `+` or `00` are read. After `+` the number needs a length that its country knows. Absent stays absent; an extension, letters and any other text are an error.",
    arity: (1, 1),
    named: &["country"],
    examples: &[
        Example {
            template: r#"{{phone_e164 data.x}}"#,
            data: r#"{"x":"00351 21-000 0000"}"#,
            gives: r#""+351210000000""#,
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
        Example {
            template: r#"{{phone_e164 data.x country="US"}}"#,
            data: r#"{"x":"(415) 555-2671"}"#,
            gives: r#""+14155552671""#,
        },
    ],
    call: |arguments| {
        let country = arguments.named_text("country")?;
        arguments.visit(PLAN_STEPS)?;
        map_text(arguments, |text| international(text, country.as_deref()))
    },
};

/// What a search in the numbering plans costs, in visited nodes.
const PLAN_STEPS: usize = 8;

fn international(text: &str, country: Option<&str>) -> Result<String, HelperError> {
    let region = country.map(region).transpose()?;
    let number = compact(text).ok_or_else(|| HelperError::new("needs a telephone number, found other text"))?;
    let found = match (number.strip_prefix('+'), number.strip_prefix("00"), region) {
        (Some(_), _, _) => existing(&number, None).or_else(|| possible(&number)),
        (None, after_prefix, Some(region)) => existing(&number, Some(region))
            // `00` is the international prefix of most plans, and is read under all.
            .or_else(|| existing(&format!("+{}", after_prefix?), None)),
        (None, Some(after_prefix), None) => existing(&format!("+{after_prefix}"), None),
        (None, None, None) => return Err(HelperError::new("found a national number; say `country=\"…\"`")),
    };
    found.ok_or_else(|| HelperError::new("needs a telephone number, found one that no numbering plan knows"))
}

/// The text without what only separates digits; `None` if it holds more than one number can.
fn compact(text: &str) -> Option<String> {
    let separates = |c: char| c.is_whitespace() || matches!(c, '-' | '.' | '/' | '\u{2010}'..='\u{2015}' | '\u{2212}');
    // Telephones copy numbers within marks of direction.
    let is_mark = |c: char| matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}' | '\u{FEFF}');
    let compact: String = text.chars().filter(|c| !separates(*c) && !is_mark(*c)).collect();
    let digits = compact.strip_prefix('+').unwrap_or(&compact);
    digits.chars().all(|c| c.is_ascii_digit() || matches!(c, '(' | ')')).then_some(compact)
}

/// The number as dialled in `region`, if a plan has it.
fn existing(number: &str, region: Option<Region>) -> Option<String> {
    // `+34 (0)91 …`: a zero that is dialled at home only, also where the plan has no such prefix.
    let candidates = [number.to_owned(), number.replacen("(0)", "", 1)];
    let parsed = candidates.iter().filter_map(|candidate| PLANS.parse(candidate, region).ok());
    parsed.filter(|number| PLANS.is_valid_number(number)).map(|number| written(&number)).next()
}

/// A number after `+` of a length that its country knows; ranges are opened before the library knows them.
fn possible(number: &str) -> Option<String> {
    let parsed = PLANS.parse(number, None).ok()?;
    let is_whole = matches!(PLANS.is_possible_number_with_reason(&parsed), Ok(NumberLengthType::IsPossible));
    (is_whole && !number.contains('(')).then(|| written(&parsed))
}

fn written(number: &PhoneNumber) -> String {
    PLANS.format(number, PhoneNumberFormat::E164).into_owned()
}

/// The region of a calling code, its main one where several share it, or of its own two letters.
fn region(country: &str) -> Result<Region, HelperError> {
    let wrong = || HelperError::new("needs a calling code (`351`) or a region (`PT`) for `country`");
    let code = country.strip_prefix('+').unwrap_or(country);
    let found = if code.starts_with(|first: char| first.is_ascii_digit()) {
        code.parse().ok().filter(|_| !code.starts_with('0')).and_then(|code| PLANS.get_region_for_country_code(code))
    } else {
        country.to_ascii_uppercase().parse().ok()
    };
    // Codes of no country, such as 800, have no national form.
    found.filter(|region| PLANS.get_country_code_for_region(*region).is_some()).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, country: Option<&str>, expected: Option<&str>) {
        assert_eq!(international(text, country).ok().as_deref(), expected, "{text} {country:?}");
    }

    #[test]
    fn a_national_number_is_read_by_its_numbering_plan() {
        for (text, country, expected) in [
            ("1-415-555-0100", "1", "+14155550100"),
            ("(415) 555-2671", "US", "+14155552671"),
            ("416 555 0123", "1", "+14165550123"),
            ("1 416 555 0123", "ca", "+14165550123"),
            ("020 7946 0000", "44", "+442079460000"),
            ("07911 123456", "GB", "+447911123456"),
            ("030/123456", "49", "+4930123456"),
            ("0151 23456789", "DE", "+4915123456789"),
            ("06 1234567", "+39", "+39061234567"),
            ("347 123 4567", "IT", "+393471234567"),
            ("07 08 12 34 56", "225", "+2250708123456"),
            ("8 (912) 345-67-89", "7", "+79123456789"),
            ("912 345 67 89", "RU", "+79123456789"),
            ("8 701 234 5678", "7", "+77012345678"),
            ("8 701 234 5678", "KZ", "+77012345678"),
            ("06 30 123 4567", "36", "+36301234567"),
            ("06 1 234 5678", "HU", "+3612345678"),
            ("912 345 678", "351", "+351912345678"),
            ("210 000 000", "PT", "+351210000000"),
            ("(11) 91234-5678", "55", "+5511912345678"),
            ("0 11 91234-5678", "BR", "+5511912345678"),
            ("55 1234 5678", "52", "+525512345678"),
            ("911 23 45 67", "34", "+34911234567"),
        ] {
            check(text, Some(country), Some(expected));
        }
    }

    #[test]
    fn the_international_prefix_is_the_country_s() {
        check("011 44 20 7946 0000", Some("1"), Some("+442079460000"));
        check("0011 44 20 7946 0000", Some("AU"), Some("+442079460000"));
        check("8 10 44 20 7946 0000", Some("RU"), Some("+442079460000"));
        check("00 44 20 7946 0000", Some("49"), Some("+442079460000"));
        check("00 44 20 7946 0000", Some("US"), Some("+442079460000"));
        check("00 44 20 7946 0000", None, Some("+442079460000"));
        check("011 44 20 7946 0000", None, None);
    }

    #[test]
    fn a_number_with_a_plus_needs_a_possible_length() {
        check("+225 07 08 12 34 56", None, Some("+2250708123456"));
        check("+7 912 345 67 89", None, Some("+79123456789"));
        check("+36 30 123 4567", None, Some("+36301234567"));
        check("+1 415-555-0100", Some("44"), Some("+14155550100"));
        check("+1 212 000 0000", None, Some("+12120000000"));
        check("\u{202a}+1\u{a0}415\u{2011}555\u{2011}2671\u{202c}", None, Some("+14155552671"));
        for text in ["+1 415 555", "+351 21 000 000", "+52 1 55 1234 5678", "+225 07 08 12 34", "+999 123456789"] {
            check(text, None, None);
        }
    }

    #[test]
    fn a_zero_dialled_at_home_only_is_removed_where_it_is_one() {
        check("+49 (0)30 123456", None, Some("+4930123456"));
        check("+34 (0)91 123 45 67", None, Some("+34911234567"));
        check("+39 (0)6 698 12345", None, Some("+390669812345"));
        check("+36 06 30 123 4567", None, Some("+36301234567"));
        check("0(0)30 123456", None, None);
    }

    #[test]
    fn a_number_that_its_plan_does_not_know_is_refused() {
        for (text, country) in [
            ("0912 345 678", "PT"),
            ("911", "1"),
            ("555-0100", "1"),
            ("4155552671", "GB"),
            ("044 55 1234 5678", "52"),
            ("08 12 34 56", "225"),
            ("0000000000", "44"),
        ] {
            check(text, Some(country), None);
        }
    }

    #[test]
    fn a_national_number_needs_a_country_that_is_one() {
        check("0912345678", None, None);
        for code in ["", "0", "049", "3511", "XX", "3 5", "+", "800", "001", "Portugal"] {
            check("912345678", Some(code), None);
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["anonymous", "", "+", "+12", "++14155552671", "+1234567890123456", "+0123456789", "+351 21x000000"]
        {
            check(text, None, None);
        }
        for text in ["1-800-FLOWERS", "415-555-2671 ext 5", "415-555-2671;5", "415-555-2671#5", "call 415 555 2671"] {
            check(text, Some("1"), None);
        }
        check(&"1".repeat(100_000), Some("1"), None);
    }
}
