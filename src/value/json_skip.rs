//! Passes over JSON that nobody wants: it must be JSON, and is looked into no further. Makes no values.
//!
//! Works on bytes and places in them, since most of an answer is passed over.

use super::json_error::{Fault, JsonProblem};

/// Past the value that begins at `at` or after white space there, however deep it is nested. `open` is room for what
/// closes the lists and maps within, and is left as it was.
pub(super) fn skip(bytes: &[u8], mut at: usize, open: &mut Vec<u8>) -> Result<usize, Fault> {
    let outside = open.len();
    loop {
        at = past_space(bytes, at);
        match bytes.get(at) {
            Some(b'"') => at = past_string(bytes, at)?,
            Some(b'-' | b'0'..=b'9') => at = past_number(bytes, at)?,
            Some(opening @ (b'{' | b'[')) => {
                let closing = if *opening == b'{' { b'}' } else { b']' };
                at = past_space(bytes, at + 1);
                if bytes.get(at) != Some(&closing) {
                    open.push(closing);
                    at = past_key(bytes, at, closing)?;
                    continue;
                }
                at += 1;
            }
            _ => at = past_word(bytes, at)?,
        }
        // What was passed over may have been the last of what holds it.
        loop {
            let Some(closing) = open.get(outside..).and_then(<[u8]>::last).copied() else { return Ok(at) };
            at = past_space(bytes, at);
            match bytes.get(at) {
                Some(b',') => {
                    at = past_key(bytes, at + 1, closing)?;
                    break;
                }
                Some(byte) if *byte == closing => {
                    at += 1;
                    open.pop();
                }
                _ => return Err(unexpected(bytes, at)),
            }
        }
    }
}

/// Past the key and its colon, if what `closing` closes is a map.
fn past_key(bytes: &[u8], at: usize, closing: u8) -> Result<usize, Fault> {
    if closing == b']' {
        return Ok(at);
    }
    let at = past_space(bytes, at);
    if bytes.get(at) != Some(&b'"') {
        return Err(unexpected(bytes, at));
    }
    let at = past_space(bytes, past_string(bytes, at)?);
    if bytes.get(at) != Some(&b':') {
        return Err(unexpected(bytes, at));
    }
    Ok(at + 1)
}

/// Past the text whose first quote stands at `at`. Of its escapes only the spelling is checked.
fn past_string(bytes: &[u8], at: usize) -> Result<usize, Fault> {
    let mut at = at + 1;
    loop {
        at += plain_run(bytes.get(at..).unwrap_or_default());
        match bytes.get(at) {
            Some(b'"') => return Ok(at + 1),
            Some(b'\\') => match bytes.get(at + 1) {
                Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => at += 2,
                Some(b'u') => {
                    for place in at + 2..at + 6 {
                        if !bytes.get(place).is_some_and(u8::is_ascii_hexdigit) {
                            return Err(unexpected(bytes, place));
                        }
                    }
                    at += 6;
                }
                _ => return Err(unexpected(bytes, at + 1)),
            },
            _ => return Err(unexpected(bytes, at)),
        }
    }
}

/// Past a number (RFC 8259 §6).
pub(super) fn past_number(bytes: &[u8], at: usize) -> Result<usize, Fault> {
    let mut at = at + usize::from(bytes.get(at) == Some(&b'-'));
    if bytes.get(at) == Some(&b'0') {
        at += 1;
        if bytes.get(at).is_some_and(u8::is_ascii_digit) {
            return Err(unexpected(bytes, at));
        }
    } else {
        at = past_digits(bytes, at)?;
    }
    if bytes.get(at) == Some(&b'.') {
        at = past_digits(bytes, at + 1)?;
    }
    if let Some(b'e' | b'E') = bytes.get(at) {
        at += 1;
        at = past_digits(bytes, at + usize::from(matches!(bytes.get(at), Some(b'+' | b'-'))))?;
    }
    Ok(at)
}

fn past_digits(bytes: &[u8], from: usize) -> Result<usize, Fault> {
    let mut at = from;
    while bytes.get(at).is_some_and(u8::is_ascii_digit) {
        at += 1;
    }
    if at == from { Err(unexpected(bytes, at)) } else { Ok(at) }
}

/// Past `null`, `true` or `false`.
pub(super) fn past_word(bytes: &[u8], at: usize) -> Result<usize, Fault> {
    let word: &[u8] = match bytes.get(at) {
        Some(b'n') => b"null",
        Some(b't') => b"true",
        Some(b'f') => b"false",
        _ => return Err(unexpected(bytes, at)),
    };
    if bytes.get(at..at + word.len()) == Some(word) {
        return Ok(at + word.len());
    }
    let fits = bytes.get(at..).unwrap_or_default().iter().zip(word).take_while(|(found, byte)| found == byte);
    Err(unexpected(bytes, at + fits.count()))
}

/// Past white space.
pub(super) fn past_space(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\r' | b'\t') = bytes.get(at) {
        at += 1;
    }
    at
}

/// What stands there does not fit, or something is missing.
pub(super) fn unexpected(bytes: &[u8], at: usize) -> Fault {
    Fault { at, problem: if at < bytes.len() { JsonProblem::Malformed } else { JsonProblem::Incomplete } }
}

/// How many bytes stand before the first quote, backslash or control character: eight at a time.
pub(super) fn plain_run(bytes: &[u8]) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    let repeated = |byte: u8| u64::from(byte) * ONES;
    let (chunks, _) = bytes.as_chunks::<8>();
    let mut run = 0;
    for chunk in chunks {
        let word = u64::from_le_bytes(*chunk);
        // The lowest high bit that is left is the first match (Bit Twiddling Hacks, "haszero" and "hasless").
        let is_zero = |word: u64| word.wrapping_sub(ONES) & !word;
        let control = word.wrapping_sub(repeated(0x20)) & !word;
        let found = (is_zero(word ^ repeated(b'"')) | is_zero(word ^ repeated(b'\\')) | control) & HIGHS;
        if found != 0 {
            return run + found.trailing_zeros() as usize / 8;
        }
        run += 8;
    }
    let odd = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
    run + bytes.get(run..).unwrap_or_default().iter().take_while(|byte| !odd(byte)).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_plain_run_ends_where_the_first_odd_byte_stands(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let slow = bytes.iter().take_while(|byte| !matches!(byte, b'"' | b'\\' | 0..0x20)).count();
            prop_assert_eq!(plain_run(&bytes), slow);
        }
    }

    #[track_caller]
    fn check(text: &str, expected: Result<usize, usize>) {
        let mut open = Vec::new();
        assert_eq!(skip(text.as_bytes(), 0, &mut open).map_err(|fault| fault.at), expected, "{text}");
        assert!(open.is_empty() || expected.is_err());
    }

    #[test]
    fn one_value_is_passed_over_and_nothing_after_it() {
        check(r#" {"a":[1,{"b":[]}],"c":{}} ,1"#, Ok(26));
        check(r#""a\"\u00e9" "#, Ok(11));
        check("-0.5e+3,", Ok(7));
        check("null]", Ok(4));
    }

    #[test]
    fn what_does_not_fit_is_where_it_stands() {
        check("nul", Err(3));
        check("nulx", Err(3));
        check("[1,]", Err(3));
        check("{\"a\" 1}", Err(5));
        check("[1}", Err(2));
        check("01", Err(1));
        check("1.", Err(2));
        check("\"\\x\"", Err(2));
        check("\"\\u00g0\"", Err(5));
        check("\"\u{1}\"", Err(1));
        check("{1:2}", Err(1));
    }
}
