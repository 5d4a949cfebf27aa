//! Names for fields, files and titles, from whatever others call things.

use std::collections::BTreeSet;

/// `Ticket[customFields]` → `ticket_custom_fields`; never empty, never beginning with a digit.
#[must_use]
pub fn identifier(text: &str) -> String {
    let mut name = String::new();
    let mut previous: Option<char> = None;
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        if c.is_ascii_alphanumeric() {
            let begins_word = c.is_ascii_uppercase()
                && previous.is_some_and(|before| {
                    before.is_ascii_lowercase()
                        || before.is_ascii_digit()
                        || (before.is_ascii_uppercase() && characters.peek().is_some_and(char::is_ascii_lowercase))
                });
            if begins_word && !name.ends_with('_') {
                name.push('_');
            }
            name.push(c.to_ascii_lowercase());
        } else if !name.is_empty() && !name.ends_with('_') {
            name.push('_');
        }
        previous = Some(c);
    }
    let name = name.trim_end_matches('_');
    match name.chars().next() {
        None => "value".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("n_{name}"),
        Some(_) => name.to_owned(),
    }
}

/// `create_ticket` → `Create ticket`
#[must_use]
pub fn title_of(name: &str) -> String {
    let name = identifier(name);
    let words = name.split('_').enumerate().map(|(index, word)| match word {
        "api" | "id" | "url" | "sid" | "sms" | "crm" | "uuid" | "html" | "json" | "ip" => word.to_ascii_uppercase(),
        _ if index > 0 => word.to_owned(),
        _ => {
            let mut letters = word.chars();
            letters
                .next()
                .map_or_else(String::new, |first| format!("{}{}", first.to_ascii_uppercase(), letters.as_str()))
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Names that are taken.
#[derive(Clone, Debug, Default)]
pub struct Names {
    taken: BTreeSet<String>,
}

impl Names {
    /// The first of these that is free, or the last with a number behind it; taken from now on.
    pub fn free(&mut self, wanted: &[&str]) -> String {
        let free = wanted.iter().map(|name| identifier(name)).find(|name| !self.taken.contains(name));
        let name = free.unwrap_or_else(|| {
            let last = identifier(wanted.last().copied().unwrap_or_default());
            let mut number = 2_u32;
            while self.taken.contains(&format!("{last}_{number}")) {
                number += 1;
            }
            format!("{last}_{number}")
        });
        self.taken.insert(name.clone());
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_others_become_ours() {
        for (text, expected) in [
            ("subject", "subject"),
            ("customFields", "custom_fields"),
            ("X-API-Key", "x_api_key"),
            ("filter[name]", "filter_name"),
            ("$top", "top"),
            ("2fa", "n_2fa"),
            ("HTTPServer", "http_server"),
            ("PhoneNumber2", "phone_number2"),
            ("¿?", "value"),
            ("ids[]", "ids"),
        ] {
            assert_eq!(identifier(text), expected);
        }
        assert_eq!(title_of("create_ticket"), "Create ticket");
        assert_eq!(title_of("account_id"), "Account ID");
    }

    #[test]
    fn a_name_is_given_once() {
        let mut names = Names::default();
        assert_eq!(names.free(&["id"]), "id");
        assert_eq!(names.free(&["id", "body_id"]), "body_id");
        assert_eq!(names.free(&["id", "body_id"]), "body_id_2");
    }
}
