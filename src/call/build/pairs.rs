//! Lists and maps as the flat pairs of a query or form. Pure.

use percent_encoding::utf8_percent_encode;
use serde_json::Value;

use super::BuildError;
use super::address::COMPONENT;
use crate::keyword::{ListStyle, MapStyle};
use crate::value::{kind_of, text_of};

/// Name and text, in order.
pub(super) type Pairs = Vec<(String, String)>;

/// Appends the pairs of `value` under `name`; null gives none.
///
/// # Errors
/// A list of lists or maps where the style cannot write one.
pub(super) fn flatten(
    name: &str,
    value: &Value,
    style: (ListStyle, MapStyle),
    pairs: &mut Pairs,
) -> Result<(), BuildError> {
    match value {
        Value::Null => Ok(()),
        Value::Array(items) => flatten_list(name, items, style, pairs),
        Value::Object(map) => {
            for (key, value) in map {
                let inner = match style.1 {
                    MapStyle::Brackets => format!("{name}[{key}]"),
                    MapStyle::Dots => format!("{name}.{key}"),
                };
                flatten(&inner, value, style, pairs)?;
            }
            Ok(())
        }
        scalar => {
            pairs.push((name.to_owned(), text_of(scalar).unwrap_or_default().into_owned()));
            Ok(())
        }
    }
}

fn flatten_list(
    name: &str,
    items: &[Value],
    style: (ListStyle, MapStyle),
    pairs: &mut Pairs,
) -> Result<(), BuildError> {
    if style.0 == ListStyle::Comma {
        let texts: Option<Vec<_>> = items.iter().map(text_of).collect();
        let texts = texts.ok_or_else(|| BuildError::new(name, "`lists: comma` writes lists of single values only"))?;
        if !texts.is_empty() {
            pairs.push((name.to_owned(), texts.join(",")));
        }
        return Ok(());
    }
    for (index, item) in items.iter().enumerate() {
        let inner = match style.0 {
            ListStyle::Brackets => format!("{name}[]"),
            ListStyle::Indices => format!("{name}[{index}]"),
            ListStyle::Repeat | ListStyle::Comma => name.to_owned(),
        };
        if style.0 == ListStyle::Repeat && matches!(item, Value::Array(_)) {
            let found = kind_of(Some(item));
            return Err(BuildError::new(
                name,
                format!("a list inside a list cannot be told apart ({found}); use `lists: indices`"),
            ));
        }
        flatten(&inner, item, style, pairs)?;
    }
    Ok(())
}

/// Pairs as a query: a space is `%20`.
#[must_use]
pub(super) fn query_text(pairs: &Pairs) -> String {
    let encode = |text: &str| utf8_percent_encode(text, COMPONENT).to_string();
    let parts: Vec<String> =
        pairs.iter().map(|(name, text)| format!("{}={}", encode_name(name), encode(text))).collect();
    parts.join("&")
}

/// Brackets in a name are what servers look for; everything else is encoded.
fn encode_name(name: &str) -> String {
    utf8_percent_encode(name, COMPONENT).to_string().replace("%5B", "[").replace("%5D", "]")
}

/// Pairs as a form: a space is `+` (WHATWG URL §5.2).
#[must_use]
pub(super) fn form_text(pairs: &Pairs) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(style: (ListStyle, MapStyle), expected: &str) {
        let mut pairs = Vec::new();
        let value = json!({ "b": ["x y", 2], "c": { "d": true, "e": null } });
        flatten("a", &value, style, &mut pairs).unwrap();
        assert_eq!(query_text(&pairs), expected);
    }

    #[test]
    fn every_style_has_its_spelling() {
        check((ListStyle::Repeat, MapStyle::Brackets), "a[b]=x%20y&a[b]=2&a[c][d]=true");
        check((ListStyle::Brackets, MapStyle::Brackets), "a[b][]=x%20y&a[b][]=2&a[c][d]=true");
        check((ListStyle::Indices, MapStyle::Dots), "a.b[0]=x%20y&a.b[1]=2&a.c.d=true");
        check((ListStyle::Comma, MapStyle::Dots), "a.b=x%20y%2C2&a.c.d=true");
    }

    #[test]
    fn a_plus_survives_query_and_form() {
        let pairs = vec![("phone".to_owned(), "+351 1&2".to_owned())];
        assert_eq!(query_text(&pairs), "phone=%2B351%201%262");
        assert_eq!(form_text(&pairs), "phone=%2B351+1%262");
    }
}
