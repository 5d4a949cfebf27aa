//! A command line → its words, as a POSIX shell splits them.
//!
//! Quotes, escapes, continued lines, `$'…'`; also `^` and `` ` `` at line ends, as Windows documentation has them. Expands nothing.

use super::error::CurlError;

/// The words of the first command; what follows a `;`, `|` or `&` is another.
pub(super) fn words(line: &str) -> Result<Vec<String>, CurlError> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut letters = line.trim().trim_start_matches("$ ").chars().peekable();
    while let Some(c) = letters.next() {
        match c {
            '\'' => word.get_or_insert_default().push_str(&single(&mut letters)?),
            '"' => word.get_or_insert_default().push_str(&double(&mut letters)?),
            '$' if letters.peek() == Some(&'\'') => {
                letters.next();
                word.get_or_insert_default().push_str(&escaped(&mut letters)?);
            }
            // A line that goes on: `\` in a POSIX shell, `^` and a backtick in those of Windows.
            '\\' | '^' | '`' if matches!(letters.peek(), Some('\n' | '\r')) => {
                letters.next_if_eq(&'\r');
                letters.next_if_eq(&'\n');
            }
            '\\' => word.get_or_insert_default().extend(letters.next()),
            '\n' if words.is_empty() && word.is_none() => {}
            // A line that ends here is the end, unless an option follows: documentation often forgets the backslash.
            '\n' if !continues(&mut letters.clone()) => break,
            ';' | '|' | '&' if word.is_none() => break,
            '#' if word.is_none() => while letters.next_if(|c| *c != '\n').is_some() {},
            c if c.is_whitespace() => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Ok(words)
}

type Letters<'l> = std::iter::Peekable<std::str::Chars<'l>>;

fn continues(rest: &mut Letters<'_>) -> bool {
    while rest.next_if(|c| c.is_whitespace()).is_some() {}
    matches!(rest.peek(), Some('-' | '\'' | '"')) || rest.clone().take(4).collect::<String>() == "http"
}

fn single(letters: &mut Letters<'_>) -> Result<String, CurlError> {
    let mut text = String::new();
    for c in letters {
        match c {
            '\'' => return Ok(text),
            c => text.push(c),
        }
    }
    Err(CurlError::UnclosedQuote('\''))
}

fn double(letters: &mut Letters<'_>) -> Result<String, CurlError> {
    let mut text = String::new();
    while let Some(c) = letters.next() {
        match c {
            '"' => return Ok(text),
            '\\' => match letters.next() {
                Some('\n') => {}
                Some(c @ ('"' | '\\' | '$' | '`')) => text.push(c),
                Some(c) => text.extend(['\\', c]),
                None => break,
            },
            c => text.push(c),
        }
    }
    Err(CurlError::UnclosedQuote('"'))
}

/// `$'…'`, as browsers copy requests.
fn escaped(letters: &mut Letters<'_>) -> Result<String, CurlError> {
    let mut text = String::new();
    while let Some(c) = letters.next() {
        match c {
            '\'' => return Ok(text),
            '\\' => match letters.next() {
                Some('n') => text.push('\n'),
                Some('r') => text.push('\r'),
                Some('t') => text.push('\t'),
                Some(kind @ ('u' | 'x')) => {
                    let most = if kind == 'u' { 4 } else { 2 };
                    let mut digits = String::new();
                    while digits.len() < most
                        && let Some(digit) = letters.next_if(char::is_ascii_hexdigit)
                    {
                        digits.push(digit);
                    }
                    text.extend(u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32));
                }
                Some(c) => text.push(c),
                None => break,
            },
            c => text.push(c),
        }
    }
    Err(CurlError::UnclosedQuote('\''))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: &[&str]) {
        assert_eq!(words(line).unwrap(), expected);
    }

    #[test]
    fn words_are_those_of_a_shell() {
        check("curl -H 'A: b c' \"d\\\"$e\"f", &["curl", "-H", "A: b c", "d\"$ef"]);
        check("curl a'b'\"c\" ''", &["curl", "abc", ""]);
        check("$ curl x -d '{\"a\": \"it'\\''s\"}'", &["curl", "x", "-d", "{\"a\": \"it's\"}"]);
        check("curl $'a\\nb\\u00e9\\'c'", &["curl", "a\nbé'c"]);
    }

    #[test]
    fn lines_go_on_in_every_shell_and_where_the_backslash_was_forgotten() {
        for end in ["\\\n", "\\\r\n", "^\n", "`\n", "\n  "] {
            check(&format!("curl x {end}  -d y"), &["curl", "x", "-d", "y"]);
        }
        check("curl x\necho y", &["curl", "x"]);
        check("curl x | jq .id", &["curl", "x"]);
    }

    #[test]
    fn a_quote_that_does_not_end_is_told() {
        assert_eq!(words("curl 'a"), Err(CurlError::UnclosedQuote('\'')));
    }
}
