//! Lists and maps as the flat pairs of a query or form. Pure.

use percent_encoding::utf8_percent_encode;
use serde_json::Value;
use url::form_urlencoded::byte_serialize;

use super::BuildError;
use super::address::COMPONENT;
use crate::budget::{Budget, Exhausted};
use crate::keyword::{ListStyle, MapStyle};
use crate::value::{kind_of, shorten, text_of};

/// Name and text, in order.
pub(super) type Pairs = Vec<(String, String)>;

/// Characters of a name that a message shows.
const LONGEST_PLACE: usize = 100;

/// What a pair takes beside its two texts.
const PAIR_SIZE: usize = size_of::<(String, String)>();

/// Appends the pairs of `value` under `name`; null gives none.
///
/// # Errors
/// A list of lists or maps where the style cannot write one; the budget is exhausted.
pub(super) fn flatten(
    name: &str,
    value: &Value,
    style: (ListStyle, MapStyle),
    pairs: &mut Pairs,
    budget: &Budget,
) -> Result<(), BuildError> {
    charge(name, name.len(), budget)?;
    match value {
        Value::Null => Ok(()),
        Value::Array(items) => flatten_list(name, items, style, pairs, budget),
        Value::Object(map) => {
            for (key, value) in map {
                let inner = match style.1 {
                    MapStyle::Brackets => format!("{name}[{key}]"),
                    MapStyle::Dots => format!("{name}.{key}"),
                };
                flatten(&inner, value, style, pairs, budget)?;
            }
            Ok(())
        }
        scalar => {
            let text = text_of(scalar).unwrap_or_default();
            charge(name, PAIR_SIZE + text.len(), budget)?;
            pairs.push((name.to_owned(), text.into_owned()));
            Ok(())
        }
    }
}

fn charge(name: &str, bytes: usize, budget: &Budget) -> Result<(), BuildError> {
    let charged = budget.charge_steps(1).and_then(|()| budget.charge_bytes(bytes));
    charged.map_err(|exhausted| BuildError::over(shorten(name, LONGEST_PLACE), exhausted))
}

fn flatten_list(
    name: &str,
    items: &[Value],
    style: (ListStyle, MapStyle),
    pairs: &mut Pairs,
    budget: &Budget,
) -> Result<(), BuildError> {
    if style.0 == ListStyle::Comma {
        let mut length = 0;
        for item in items {
            length += 1 + text_of(item).map_or(0, |text| text.len());
            charge(name, 16, budget)?;
        }
        charge(name, length, budget)?;
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
        flatten(&inner, item, style, pairs, budget)?;
    }
    Ok(())
}

/// Pairs as a query: a space is `%20`.
///
/// # Errors
/// When the budget is exhausted.
pub(super) fn query_text(pairs: &Pairs, budget: &Budget) -> Result<String, Exhausted> {
    let mut query = String::new();
    for (name, text) in pairs {
        let begun = query.len();
        if begun > 0 {
            query.push('&');
        }
        query.push_str(&encode_name(name));
        query.push('=');
        query.extend(utf8_percent_encode(text, COMPONENT));
        budget.charge_bytes(query.len() - begun)?;
    }
    Ok(query)
}

/// Brackets in a name are what servers look for; everything else is encoded.
fn encode_name(name: &str) -> String {
    utf8_percent_encode(name, COMPONENT).to_string().replace("%5B", "[").replace("%5D", "]")
}

/// Pairs as a form: a space is `+` (WHATWG URL §5.2).
///
/// # Errors
/// When the budget is exhausted.
pub(super) fn form_text(pairs: &Pairs, budget: &Budget) -> Result<String, Exhausted> {
    let mut form = String::new();
    for (name, text) in pairs {
        let begun = form.len();
        if begun > 0 {
            form.push('&');
        }
        form.extend(byte_serialize(name.as_bytes()));
        form.push('=');
        form.extend(byte_serialize(text.as_bytes()));
        budget.charge_bytes(form.len() - begun)?;
    }
    Ok(form)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(style: (ListStyle, MapStyle), expected: &str) {
        let mut pairs = Vec::new();
        let value = json!({ "b": ["x y", 2], "c": { "d": true, "e": null } });
        let budget = Budget::unlimited();
        flatten("a", &value, style, &mut pairs, &budget).unwrap();
        assert_eq!(query_text(&pairs, &budget).unwrap(), expected);
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
        let budget = Budget::unlimited();
        assert_eq!(query_text(&pairs, &budget).unwrap(), "phone=%2B351%201%262");
        assert_eq!(form_text(&pairs, &budget).unwrap(), "phone=%2B351+1%262");
    }
}
