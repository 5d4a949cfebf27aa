//! Reads `WWW-Authenticate` (RFC 9110 §11.6.1): which proofs a service takes.
//!
//! Pure and forgiving: what cannot be read is passed over, since other challenges may stand beside it.

/// One way to prove who one is, as the service offers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Challenge<'a> {
    /// `Digest`, in the service's letters.
    pub(super) scheme: &'a str,
    /// Names as written; values without their quotes.
    parameters: Vec<(&'a str, String)>,
}

impl Challenge<'_> {
    /// Whether it is of this scheme.
    pub(super) fn is(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }

    /// The first parameter of that name, in any case.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(given, _)| given.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// The challenges of a header's values, in their order; one value may hold several.
pub(super) fn challenges<'a>(values: &[&'a str]) -> Vec<Challenge<'a>> {
    values.iter().flat_map(|value| challenges_of(value)).collect()
}

fn challenges_of(value: &str) -> Vec<Challenge<'_>> {
    let mut found: Vec<Challenge<'_>> = Vec::new();
    let mut rest = value;
    // A scheme stands first, or after a comma.
    let mut may_begin = true;
    loop {
        let trimmed = rest.trim_start_matches([' ', '\t', ',']);
        may_begin |= rest.strip_suffix(trimmed).is_some_and(|between| between.contains(','));
        rest = trimmed;
        let (word, after) = rest.split_at(rest.find(|letter| !is_token(letter)).unwrap_or(rest.len()));
        if word.is_empty() {
            let Some(odd) = rest.chars().next() else { return found };
            rest = rest.get(odd.len_utf8()..).unwrap_or_default();
            continue;
        }
        match (after.trim_start_matches([' ', '\t']).strip_prefix('='), found.last_mut()) {
            (Some(after), Some(challenge)) => {
                let (value, after) = parameter_value(after.trim_start_matches([' ', '\t']));
                challenge.parameters.push((word, value));
                rest = after;
            }
            (None, _) if may_begin => {
                found.push(Challenge { scheme: word, parameters: Vec::new() });
                rest = without_token68(after);
            }
            _ => rest = after,
        }
        may_begin = false;
    }
}

/// Some schemes have one value instead of parameters (RFC 9110 §11.2); its `=` are padding.
fn without_token68(text: &str) -> &str {
    let (first, rest) = text.split_at(text.find(',').unwrap_or(text.len()));
    let is_token68 = |letter: char| letter.is_ascii_alphanumeric() || "-._~+/".contains(letter);
    if first.trim().trim_end_matches('=').chars().all(is_token68) { rest } else { text }
}

fn parameter_value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let (value, rest) = text.split_at(text.find([',', ' ', '\t']).unwrap_or(text.len()));
        return (value.to_owned(), rest);
    };
    let mut value = String::new();
    let mut letters = quoted.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => break,
            '\\' => value.extend(letters.next()),
            letter => value.push(letter),
        }
    }
    (value, letters.as_str())
}

fn is_token(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(values: &[&str], expected: &str) {
        let shown = challenges(values).into_iter().map(|challenge| {
            let parameters = challenge.parameters.iter().map(|(name, value)| format!(" {name}={value}"));
            format!("{}{}", challenge.scheme, parameters.collect::<String>())
        });
        assert_eq!(shown.collect::<Vec<_>>().join(" | "), expected);
    }

    #[test]
    fn parameters_are_quoted_or_not() {
        check(
            &[r#"Digest realm="a, \"b\"", nonce=x/y==,qop = "auth,auth-int""#],
            r#"Digest realm=a, "b" nonce=x/y== qop=auth,auth-int"#,
        );
        check(&[r#"Digest realm="a" nonce="b""#], "Digest realm=a nonce=b");
    }

    #[test]
    fn challenges_stand_beside_each_other() {
        check(&[r#"Basic realm="x", Digest nonce="n", Bearer"#], "Basic realm=x | Digest nonce=n | Bearer");
        check(&["Negotiate", r#"digest nonce="n""#], "Negotiate | digest nonce=n");
        check(&["Negotiate YII/ab+c==, Digest nonce=n"], "Negotiate | Digest nonce=n");
        check(&["NTLM TlRMTVNTUAAC, Digest nonce=n"], "NTLM | Digest nonce=n");
    }

    #[test]
    fn what_cannot_be_read_is_passed_over() {
        check(&["", ",,", " = ", "é"], "");
        check(&["realm=\"x\""], "");
        check(&["Digest nonce=\"open"], "Digest nonce=open");
        check(&["Digest nonce=\"é\\"], "Digest nonce=é");
        check(&["Digest nonce=,a=b"], "Digest a=b");
        check(&["Digest a=b, nonce="], "Digest a=b nonce=");
    }
}
