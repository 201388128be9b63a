//! JSON that a command printed or a server answered, with its whole numbers as they are.
//!
//! A number of more than 64 bits (an order, an account, a hash) would come out of a parser with other digits and go
//! on into URLs and statements. It becomes a text: its digits stay, and whoever calculates with it is told.

use std::borrow::Cow;
use std::ops::Range;

use serde_json::Value;

/// The value of a JSON text; `None` when it is none.
pub(in crate::world) fn json(text: &str) -> Option<Value> {
    let parsed = serde_json::from_str(text).ok()?;
    match quoted(text) {
        Cow::Borrowed(_) => Some(parsed),
        Cow::Owned(text) => serde_json::from_str(&text).ok(),
    }
}

/// Where the numbers of a JSON text stand: outside of its strings.
pub(in crate::world) fn numbers(text: &str) -> Vec<Range<usize>> {
    let (mut in_string, mut escaped) = (false, false);
    let mut begin = None;
    let mut found = Vec::new();
    for (at, c) in text.char_indices() {
        let part = !in_string && (c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E'));
        match (part, begin) {
            (true, None) => begin = Some(at),
            (false, Some(from)) => {
                found.push(from..at);
                begin = None;
            }
            _ => {}
        }
        match (in_string, c) {
            (true, _) if escaped => escaped = false,
            (true, '\\') => escaped = true,
            (_, '"') => in_string = !in_string,
            _ => {}
        }
    }
    found.extend(begin.map(|from| from..text.len()));
    // Letters of `true` and `false` are none.
    found.retain(|place| text[place.clone()].bytes().any(|b| b.is_ascii_digit()));
    found
}

/// The text with quotes around whole numbers that 64 bits are too few for.
fn quoted(text: &str) -> Cow<'_, str> {
    let mut found = numbers(text);
    found.retain(|place| is_too_long(&text[place.clone()]));
    if found.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + found.len() * 2);
    let mut from = 0;
    for place in found {
        out.push_str(&text[from..place.start]);
        out.push('"');
        out.push_str(&text[place.clone()]);
        out.push('"');
        from = place.end;
    }
    out.push_str(&text[from..]);
    Cow::Owned(out)
}

/// True for a whole number that fits into no 64 bits.
fn is_too_long(piece: &str) -> bool {
    let digits = piece.strip_prefix('-').unwrap_or(piece);
    !digits.is_empty()
        && digits.bytes().all(|b| b.is_ascii_digit())
        && piece.parse::<i64>().is_err()
        && piece.parse::<u64>().is_err()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_whole_number_that_is_too_long_keeps_its_digits_as_a_text() {
        let found = json(
            r#"{"h": 12345678901234567890123, "l": [-9223372036854775809, 18446744073709551615]}"#,
        );
        let wanted =
            json!({"h": "12345678901234567890123", "l": ["-9223372036854775809", u64::MAX]});
        assert_eq!(found, Some(wanted));
        assert_eq!(json("99999999999999999999"), Some(json!("99999999999999999999")));
    }

    #[test]
    fn everything_else_is_as_it_was() {
        for text in [
            r#"{"a": "12345678901234567890123", "b\"99999999999999999999": "\\"}"#,
            "[1, -2, 9223372036854775807, 1.5e300, 0.12345678901234567890123, true, false, null]",
            "7",
        ] {
            assert_eq!(json(text), serde_json::from_str(text).ok(), "{text}");
        }
        assert_eq!(json("12345678901234567890123 x"), None);
    }
}
