//! Which names and characters XML 1.0 has.
//!
//! Shared by reading and writing; holds no other rule of XML.

/// Whether `name` is an XML name with at most one prefix (`a`, `soap:Envelope`).
pub(super) fn is_xml_name(name: &str) -> bool {
    match name.split_once(':') {
        Some((prefix, local)) => is_part(prefix) && is_part(local),
        None => is_part(name),
    }
}

/// Whether XML 1.0 can carry the character at all, escaped or not (section 2.2).
pub(super) fn is_xml_char(character: char) -> bool {
    matches!(character,
        '\t' | '\n' | '\r' | '\u{20}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..='\u{10FFFF}')
}

/// The name without its prefix.
pub(super) fn local_part(name: &str) -> &str {
    name.split_once(':').map_or(name, |(_, local)| local)
}

fn is_part(part: &str) -> bool {
    let mut characters = part.chars();
    characters.next().is_some_and(starts_name) && characters.all(continues_name)
}

/// XML 1.0 section 2.3, without the colon.
fn starts_name(character: char) -> bool {
    matches!(character,
        'A'..='Z' | 'a'..='z' | '_' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}'
        | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}'
        | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}'
        | '\u{10000}'..='\u{EFFFF}')
}

fn continues_name(character: char) -> bool {
    starts_name(character)
        || matches!(character, '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_may_have_one_prefix_and_no_markup() {
        for name in ["a", "soap:Envelope", "_x-1.y", "é", "xmlns:soap"] {
            assert!(is_xml_name(name), "{name}");
        }
        for name in ["", "1a", "-a", "a b", "a:b:c", ":a", "a:", "a<b", "a>", "a=", "a/", "a:1"] {
            assert!(!is_xml_name(name), "{name}");
        }
    }
}
