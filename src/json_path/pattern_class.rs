//! Escapes and character classes of I-Regexp: `\n`, `[…]` and `\p{…}`.
//!
//! Writes what the `regex` crate reads; accepts nothing that RFC 9485 does not have.

use super::pattern_text::{NotIRegexp, Rest, escaped_character, push_literal, until_brace};

/// The categories of RFC 9485: a letter, alone or with one of these.
const CATEGORIES: &[(char, &str)] =
    &[('L', "lmotu"), ('M', "cen"), ('N', "dlo"), ('P', "cdefios"), ('Z', "lps"), ('S', "ckmo"), ('C', "cfno")];

/// What follows a backslash: a single character or a category.
pub(super) fn escape(rest: &mut Rest<'_>, out: &mut String) -> Result<(), NotIRegexp> {
    match rest.next().ok_or(NotIRegexp)? {
        kind @ ('p' | 'P') => category(rest, kind, out),
        character => {
            push_literal(out, escaped_character(character)?);
            Ok(())
        }
    }
}

/// `{Lu}` after `\p` or `\P`.
fn category(rest: &mut Rest<'_>, kind: char, out: &mut String) -> Result<(), NotIRegexp> {
    if rest.next() != Some('{') {
        return Err(NotIRegexp);
    }
    let name = until_brace(rest).ok_or(NotIRegexp)?;
    let mut letters = name.chars();
    let major = letters.next().ok_or(NotIRegexp)?;
    let (_, minors) = CATEGORIES.iter().find(|(letter, _)| *letter == major).ok_or(NotIRegexp)?;
    let minor_fits = letters.next().is_none_or(|minor| minors.contains(minor));
    if !minor_fits || letters.next().is_some() {
        return Err(NotIRegexp);
    }
    out.push('\\');
    out.push(kind);
    out.push('{');
    out.push_str(&name);
    out.push('}');
    Ok(())
}

/// `[…]`, after its bracket.
pub(super) fn bracket_class(rest: &mut Rest<'_>, out: &mut String) -> Result<(), NotIRegexp> {
    out.push('[');
    if rest.next_if_eq(&'^').is_some() {
        out.push('^');
    }
    let mut is_first = true;
    loop {
        match rest.next().ok_or(NotIRegexp)? {
            ']' if !is_first => break,
            ']' => return Err(NotIRegexp),
            // A hyphen stands for itself only at either end.
            '-' if is_first || rest.peek() == Some(&']') => push_literal(out, '-'),
            '-' => return Err(NotIRegexp),
            '\\' if matches!(rest.peek(), Some('p' | 'P')) => escape(rest, out)?,
            character => member(rest, character, out)?,
        }
        is_first = false;
    }
    out.push(']');
    Ok(())
}

/// One character, or a range that begins with it.
fn member(rest: &mut Rest<'_>, character: char, out: &mut String) -> Result<(), NotIRegexp> {
    push_literal(out, class_character(rest, character)?);
    let mut ahead = rest.clone();
    let is_range = ahead.next() == Some('-') && ahead.next().is_some_and(|end| end != ']');
    if !is_range {
        return Ok(());
    }
    rest.next();
    let end = rest.next().ok_or(NotIRegexp)?;
    out.push('-');
    push_literal(out, class_character(rest, end)?);
    Ok(())
}

fn class_character(rest: &mut Rest<'_>, character: char) -> Result<char, NotIRegexp> {
    match character {
        '\\' => escaped_character(rest.next().ok_or(NotIRegexp)?),
        '-' | '[' | ']' => Err(NotIRegexp),
        _ => Ok(character),
    }
}
