//! What stands for a value in documentation: `{id}`, `{{id}}`, `<id>`, `$ID`, `${ID}`, `YOUR_ID`, `your-domain`, `:id`.

use super::super::names::identifier;

/// A run of text, or what stands for a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Piece {
    /// As it is.
    Text(String),
    /// A value of this name.
    Value(String),
}

/// A text taken apart.
pub(in super::super) fn pieces(text: &str) -> Vec<Piece> {
    let (mut found, mut rest) = (Vec::new(), text);
    let mut plain = String::new();
    while let Some(first) = rest.chars().next() {
        match placeholder(rest) {
            Some((name, length)) => {
                if !plain.is_empty() {
                    found.push(Piece::Text(std::mem::take(&mut plain)));
                }
                let name = identifier(&name);
                let bare = ["your_", "my_"].iter().find_map(|whose| name.strip_prefix(whose)).unwrap_or(&name);
                found.push(Piece::Value(bare.to_owned()));
                rest = rest.get(length..).unwrap_or_default();
            }
            None => {
                // A word is taken whole, so that `MY_YOUR_X` holds no placeholder.
                let word = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
                let length = word.max(first.len_utf8());
                plain.push_str(rest.get(..length).unwrap_or_default());
                rest = rest.get(length..).unwrap_or_default();
            }
        }
    }
    if !plain.is_empty() {
        found.push(Piece::Text(plain));
    }
    found
}

/// The name of the value that the whole text stands for.
pub(super) fn whole(text: &str) -> Option<String> {
    match pieces(text.trim()).as_slice() {
        [Piece::Value(name)] => Some(name.clone()),
        _ => None,
    }
}

/// A path's segments taken apart; `:id` counts here too.
pub(super) fn path_pieces(path: &str) -> Vec<Piece> {
    let mut found: Vec<Piece> = Vec::new();
    for (index, segment) in path.split('/').enumerate() {
        let mut more = match segment.strip_prefix(':').filter(|name| is_name(name)) {
            Some(name) => vec![Piece::Value(identifier(name))],
            None => pieces(segment),
        };
        if index > 0 {
            found.push(Piece::Text("/".to_owned()));
        }
        found.append(&mut more);
    }
    found
}

/// The placeholder that a text begins with, and how long it is.
fn placeholder(text: &str) -> Option<(String, usize)> {
    for (open, close) in [("{{", "}}"), ("${", "}"), ("{", "}"), ("<", ">"), ("[[", "]]")] {
        if let Some(inner) = text.strip_prefix(open).and_then(|rest| rest.split_once(close)).map(|(inner, _)| inner) {
            let name = inner.trim();
            return is_name(name).then(|| (name.to_owned(), open.len() + inner.len() + close.len()));
        }
    }
    if let Some(rest) = text.strip_prefix('$') {
        let length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let name = rest.get(..length).unwrap_or_default();
        let shouted = name.chars().next().is_some_and(|c| c.is_ascii_uppercase()) && name == name.to_uppercase();
        return (shouted && name.len() > 1).then(|| (name.to_owned(), length + 1));
    }
    let length = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-').unwrap_or(text.len());
    let word = text.get(..length).unwrap_or_default();
    let yours = ["YOUR_", "YOUR-", "your_", "your-", "yourapi"];
    if let Some(mark) = yours.iter().find(|mark| word.starts_with(**mark)) {
        let name = if *mark == "yourapi" { "api_key" } else { word.get(mark.len()..).unwrap_or_default() };
        return is_name(name).then(|| (name.trim_end_matches("_HERE").to_owned(), length));
    }
    let bare = ["yourdomain", "yoursubdomain", "yourcompany", "yourinstance", "YOURDOMAIN", "mydomain"];
    bare.contains(&word)
        .then(|| (word.to_lowercase().trim_start_matches("your").trim_start_matches("my").to_owned(), length))
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 60
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "_- .".contains(c))
        && text.chars().any(|c| c.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let shown = |piece: Piece| match piece {
            Piece::Text(text) => text,
            Piece::Value(name) => format!("({name})"),
        };
        assert_eq!(path_pieces(text).into_iter().map(shown).collect::<String>(), expected);
    }

    #[test]
    fn every_way_to_write_one_is_known() {
        check("/tickets/{ticket_id}/notes", "/tickets/(ticket_id)/notes");
        check("/tickets/{{ticketId}}.json", "/tickets/(ticket_id).json");
        check("/a/<user id>/b", "/a/(user_id)/b");
        check("/a/$USER_ID/${Item}", "/a/(user_id)/(item)");
        check("/a/:id/b", "/a/(id)/b");
        check("/a/{your_token}", "/a/(token)");
        check("your-domain.example.com", "(domain).example.com");
        check("yourdomain.example.com", "(domain).example.com");
        check("YOUR_API_KEY_HERE", "(api_key)");
    }

    #[test]
    fn what_is_none_stays() {
        for text in ["/a/7", "$5 off", "a < b", "{\"a\": 1}", "12:30", "MY_YOUR_X", "a$b", "/v1.0/me"] {
            check(text, text);
        }
    }
}
