//! One clean line of text out of HTML or text, for messages.
//!
//! Knows no secrets: redaction happens elsewhere.

/// Elements whose content is never text.
const HIDDEN: &[&str] = &["script", "style", "template", "noscript", "svg"];

/// Elements that stand inside a word or sentence; every other tag separates words.
const INLINE: &[&str] =
    &["a", "abbr", "b", "code", "em", "font", "i", "mark", "s", "small", "span", "strong", "sub", "sup", "tt", "u"];

/// Elements whose end is the end of a line.
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "blockquote",
    "dd",
    "div",
    "dt",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "li",
    "p",
    "pre",
    "section",
    "table",
    "title",
    "tr",
    "ul",
    "ol",
];

/// The readable text of HTML or plain text, as one line.
///
/// Tags, comments, scripts and styles are dropped, common entities read, control characters and invisible direction
/// marks removed, and white space is collapsed. A `<` that starts no tag stays.
#[must_use]
pub fn plain_text(text: &str) -> String {
    let decoded = without_entities(&without_tags(text));
    // A tag that was written with entities must not turn into one in whatever shows the message.
    one_line(&without_tags(&decoded))
}

/// The readable text of HTML, its line breaks kept; a tag that was written with entities is text.
///
/// `<br>` and the end of a block break a line; a line break in the source is white space.
#[must_use]
pub fn html_text(text: &str) -> String {
    let source = text.replace(['\n', '\r'], " ");
    let stripped = stripped(&source, '\n');
    let lines = stripped.split('\n').map(|line| one_line(&without_entities(line)));
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

/// At most `max_chars` characters, the last one `…` where something was cut.
#[must_use]
pub fn shorten(text: &str, max_chars: usize) -> String {
    if text.char_indices().nth(max_chars).is_none() {
        return text.to_owned();
    }
    let Some(kept) = max_chars.checked_sub(1) else { return String::new() };
    let end = text.char_indices().nth(kept).map_or(text.len(), |(at, _)| at);
    format!("{}…", text.get(..end).unwrap_or_default().trim_end())
}

fn without_tags(text: &str) -> String {
    stripped(text, ' ')
}

/// Without tags, and with `line_break` for each that ends a line.
fn stripped(text: &str, line_break: char) -> String {
    let mut out = String::with_capacity(text.len());
    // Once a terminator is missing, it is missing from every later place too: without this the scan is quadratic.
    let mut missing = Missing::default();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        out.push_str(before);
        rest = match Markup::at(after, &mut missing) {
            Markup::None => {
                out.push('<');
                after
            }
            Markup::Inline(rest) => rest,
            Markup::Separating(rest) => {
                out.push(' ');
                rest
            }
            Markup::Breaking(rest) => {
                out.push(line_break);
                rest
            }
        };
    }
    out.push_str(rest);
    out
}

#[derive(Default)]
struct Missing {
    tag_end: bool,
    comment_end: bool,
}

/// What follows a `<`, with the text after it.
enum Markup<'a> {
    None,
    Inline(&'a str),
    Separating(&'a str),
    /// It ends a line.
    Breaking(&'a str),
}

impl<'a> Markup<'a> {
    fn at(after: &'a str, missing: &mut Missing) -> Self {
        if let Some(section) = after.strip_prefix("![CDATA[") {
            return Self::Inline(section);
        }
        if let Some(comment) = after.strip_prefix("!--") {
            return match find(comment, "-->", &mut missing.comment_end) {
                Some((_, rest)) => Self::Separating(rest),
                None => Self::Separating(""),
            };
        }
        let (closing, tag) = after.strip_prefix('/').map_or((false, after), |tag| (true, tag));
        if !tag.starts_with(|first: char| first.is_ascii_alphabetic() || (!closing && matches!(first, '!' | '?'))) {
            return Self::None;
        }
        let Some((inside, rest)) = find(tag, ">", &mut missing.tag_end) else { return Self::None };
        let end = inside.find(|character: char| !character.is_ascii_alphanumeric()).unwrap_or(inside.len());
        let name = inside.get(..end).unwrap_or_default().to_ascii_lowercase();
        if INLINE.contains(&name.as_str()) {
            Self::Inline(rest)
        } else if HIDDEN.contains(&name.as_str()) && !closing && !inside.ends_with('/') {
            Self::Separating(after_element(rest, &name))
        } else if name == "br" || (closing && BLOCKS.contains(&name.as_str())) {
            Self::Breaking(rest)
        } else {
            Self::Separating(rest)
        }
    }
}

fn find<'a>(text: &'a str, end: &str, missing: &mut bool) -> Option<(&'a str, &'a str)> {
    if *missing {
        return None;
    }
    let found = text.split_once(end);
    *missing = found.is_none();
    found
}

/// The text from the end tag of `name` on; nothing where there is none, as browsers do.
fn after_element<'a>(text: &'a str, name: &str) -> &'a str {
    let mut end_tags = text.match_indices("</").filter_map(|(at, _)| text.get(at..));
    let ends = |tag: &&str| tag.get(2..2 + name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name));
    end_tags.find(ends).unwrap_or_default()
}

/// Entities become characters where they end in `;`: `&copy=2` within an address is none.
fn without_entities(text: &str) -> String {
    let mut pieces = text.split('&');
    let mut out = String::with_capacity(text.len());
    out.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let name = piece.split(';').next().filter(|name| name.len() < piece.len()).unwrap_or_default();
        let (entity, rest) = piece.split_at(if name.is_empty() { 0 } else { name.len() + 1 });
        out.push_str(&htmlize::unescape_attribute(format!("&{entity}")));
        out.push_str(rest);
    }
    out
}

fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut gap = false;
    for character in text.chars() {
        if character.is_whitespace() {
            gap = true;
        } else if !character.is_control() && !is_invisible(character) {
            if gap && !out.is_empty() {
                out.push(' ');
            }
            gap = false;
            out.push(character);
        }
    }
    out
}

/// Marks that change the direction or hide in text. The joiners U+200C and U+200D stay: scripts and emoji need them.
fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(plain_text(text), expected);
    }

    #[test]
    fn html_keeps_its_lines_and_written_tags() {
        assert_eq!(html_text("<p>a\n b</p><ul><li>c</li>\n<li>d<br/>e</li></ul>"), "a b\nc\nd\ne");
        assert_eq!(html_text("write &lt;b&gt; &amp;lt;"), "write <b> &lt;");
        assert_eq!(html_text("x<script>\n</p>alert(1)\n</script>y<!--\n<br>-->z"), "x y z");
        assert_eq!(html_text("1 < 2"), "1 < 2");
    }

    #[test]
    fn text_stays_itself_on_one_line() {
        check("Subject is\r\n  missing\t.", "Subject is missing .");
        check("must be < 5 & > 2", "must be < 5 & > 2");
        check("a <b and no end", "a <b and no end");
    }

    #[test]
    fn html_leaves_its_words() {
        check(
            "<!DOCTYPE html><html><head><title>502</title><style>p{}</style></head><body><h1>Bad <b>G</b>ateway</h1>\
             <script>alert('x')</script><p>nginx</p><!-- hidden --></body></html>",
            "502 Bad Gateway nginx",
        );
        check("one<br/>two", "one two");
        check("x<SCRIPT>hidden", "x");
        check("<![CDATA[kept]]>", "kept]]>");
    }

    #[test]
    fn entities_are_read_once_and_make_no_tags() {
        check("Tom &amp; Jerry &#233;&#xE9;&nbsp;&mdash; &unknown; &", "Tom & Jerry éé — &unknown; &");
        check("&lt;img src=x onerror=alert(1)&gt;", "");
        check("&amp;lt;b&amp;gt;", "&lt;b&gt;");
        check("&Zcaron;i&zcaron;ek &rarr; 5&nbsp;&pound; &#x1F600; &#150;", "Žižek → 5 £ 😀 –");
        check("GET /?a=1&copy=2&reg&lt=3 is not AT&T's &amp", "GET /?a=1&copy=2&reg&lt=3 is not AT&T's &amp");
        check("&#0;&#xD800;&#99999999999;", "���");
    }

    #[test]
    fn control_characters_and_direction_marks_go() {
        check("a\u{0}\u{1b}[31mb\u{202e}c\u{200b}\u{feff}", "a[31mbc");
        check("a\u{2028}b", "a b");
    }

    #[test]
    fn a_long_text_is_cut_at_a_character() {
        assert_eq!(shorten("éééé", 4), "éééé");
        assert_eq!(shorten("ééééé", 4), "ééé…");
        assert_eq!(shorten("ab cd", 4), "ab…");
        assert_eq!(shorten("abc", 0), "");
    }

    #[test]
    fn markup_without_end_is_read_in_one_pass() {
        assert_eq!(shorten(&plain_text(&"<a".repeat(200_000)), 0), "");
        assert_eq!(shorten(&plain_text(&"<!--".repeat(200_000)), 0), "");
        assert_eq!(shorten(&plain_text(&"<script>".repeat(200_000)), 0), "");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_text_around_entities_is_lost(text in "(&[a-zA-Z#0-9]{0,9};?|[a-z;&]|\\PC){0,30}") {
            prop_assert_eq!(&without_entities(&text.replace('&', "&amp;")), &text);
            let read = without_entities(&text);
            prop_assert!(read.len() <= 2 * text.len());
            let mut left = read.as_str();
            for kept in text.split('&').map(|piece| piece.split_once(';').map_or(piece, |(_, after)| after)) {
                let found = left.split_once(kept);
                prop_assert!(found.is_some(), "{:?} is not in {:?}", kept, read);
                left = found.unwrap().1;
            }
        }

        #[test]
        fn the_result_is_always_one_clean_line(text in any::<String>(), max in 0usize..20) {
            let plain = plain_text(&text);
            prop_assert!(!plain.chars().any(|character| character.is_control() || is_invisible(character)));
            prop_assert!(shorten(&plain, max).chars().count() <= max);
        }
    }
}
