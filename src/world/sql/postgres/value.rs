//! PostgreSQL values as JSON, from the text that the server itself makes of them.
//!
//! The rule: a value is never lost and never becomes null. What JSON cannot hold exactly stays the
//! server's text.

use serde_json::{Number, Value};
use tokio_postgres::types::{Kind, Type};

use super::super::value::{exact_json, exact_number, hex};

/// A value from the server's own text for it.
pub(super) fn from_text(kind: &Type, text: &str) -> Value {
    let as_it_is = || Value::String(text.to_owned());
    match kind.kind() {
        Kind::Array(element) => array(element, text).unwrap_or_else(as_it_is),
        Kind::Domain(base) => from_text(base, text),
        _ => match *kind {
            Type::BOOL => (text == "t").into(),
            Type::INT2 | Type::INT4 | Type::INT8 | Type::OID => {
                text.parse::<i64>().map_or_else(|_| as_it_is(), Value::from)
            }
            Type::FLOAT4 | Type::FLOAT8 => {
                text.parse().ok().and_then(Number::from_f64).map_or_else(as_it_is, Value::Number)
            }
            Type::NUMERIC => exact_number(text).map_or_else(as_it_is, Value::Number),
            Type::JSON | Type::JSONB => exact_json(text).unwrap_or_else(as_it_is),
            Type::TIMESTAMP => moment(text, false).map_or_else(as_it_is, Value::String),
            Type::TIMESTAMPTZ => moment(text, true).map_or_else(as_it_is, Value::String),
            _ => as_it_is(),
        },
    }
}

/// A value from its binary form, for the types whose binary form is plain. None for others.
pub(super) fn from_binary(kind: &Type, bytes: &[u8]) -> Option<Value> {
    if let Kind::Domain(base) = kind.kind() {
        return from_binary(base, bytes);
    }
    let text = || std::str::from_utf8(bytes).ok();
    Some(match *kind {
        Type::BOOL => (bytes == [1]).into(),
        Type::INT2 => i16::from_be_bytes(bytes.try_into().ok()?).into(),
        Type::INT4 => i32::from_be_bytes(bytes.try_into().ok()?).into(),
        Type::INT8 => i64::from_be_bytes(bytes.try_into().ok()?).into(),
        Type::OID => u32::from_be_bytes(bytes.try_into().ok()?).into(),
        Type::FLOAT8 => Number::from_f64(f64::from_be_bytes(bytes.try_into().ok()?))?.into(),
        Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN => text()?.into(),
        Type::JSON => from_text(kind, text()?),
        Type::VOID => "".into(),
        _ => return None,
    })
}

/// The last resort: bytes that neither we nor the server could turn into text.
pub(super) fn undecoded(kind: &Type, bytes: &[u8]) -> Value {
    let hex = hex(bytes);
    format!("‹type {}: {hex}›", kind.name()).into()
}

/// `2026-11-22 18:20:00+00` as RFC 3339. None for infinity, years before Christ or after 9999 and
/// offsets with seconds, which RFC 3339 cannot say.
fn moment(text: &str, zoned: bool) -> Option<String> {
    let (date, clock) = text.split_once(' ')?;
    if date.len() != 10 || clock.contains(' ') {
        return None;
    }
    if !zoned {
        return Some(format!("{date}T{clock}"));
    }
    let sign = clock.rfind(['+', '-'])?;
    let (clock, offset) = clock.split_at(sign);
    match offset.len() {
        3 if &offset[1..] == "00" => Some(format!("{date}T{clock}Z")),
        3 => Some(format!("{date}T{clock}{offset}:00")),
        6 => Some(format!("{date}T{clock}{offset}")),
        _ => None,
    }
}

/// A list from an array's text: `{1,NULL,"a,b"}`, nested, with or without bounds before it.
fn array(element: &Type, text: &str) -> Option<Value> {
    let body = match text.split_once('=') {
        Some((bounds, body)) if bounds.starts_with('[') => body,
        _ => text,
    };
    let delimiter = if *element == Type::BOX { ';' } else { ',' };
    let mut reader = Reader { rest: body, element, delimiter };
    let list = reader.list(0)?;
    reader.rest.is_empty().then_some(list)
}

struct Reader<'a> {
    rest: &'a str,
    element: &'a Type,
    delimiter: char,
}

impl Reader<'_> {
    /// PostgreSQL's arrays have at most 6 dimensions.
    fn list(&mut self, depth: usize) -> Option<Value> {
        if depth > 6 || !self.take('{') {
            return None;
        }
        let mut items = Vec::new();
        if self.take('}') {
            return Some(items.into());
        }
        loop {
            items.push(if self.rest.starts_with('{') {
                self.list(depth + 1)?
            } else {
                self.item()?
            });
            if self.take('}') {
                return Some(items.into());
            }
            if !self.take(self.delimiter) {
                return None;
            }
        }
    }

    fn take(&mut self, expected: char) -> bool {
        match self.rest.strip_prefix(expected) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn item(&mut self) -> Option<Value> {
        let quoted = self.take('"');
        let (mut text, mut chars) = (String::new(), self.rest.char_indices());
        let end = loop {
            let (at, c) = chars.next()?;
            match c {
                '\\' => text.push(chars.next()?.1),
                '"' if quoted => break at + 1,
                '}' if !quoted => break at,
                c if !quoted && c == self.delimiter => break at,
                c => text.push(c),
            }
        };
        self.rest = &self.rest[end..];
        if !quoted && text == "NULL" {
            return Some(Value::Null);
        }
        Some(from_text(self.element, &text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_stay_exact_or_stay_text() {
        let read = |text| from_text(&Type::NUMERIC, text);
        assert_eq!(read("1.50"), json!(1.5));
        assert_eq!(read("-0.1"), json!(-0.1));
        assert_eq!(read("100000000000000000000"), json!(1e20));
        assert_eq!(read("0.00000000000000000000012"), json!(1.2e-22));
        assert_eq!(read("-0.00").as_f64(), Some(0.0));
        assert_eq!(read("9223372036854775807"), json!(i64::MAX));
        for kept in ["NaN", "Infinity", "123456789012345678901", "0.1000000000000000055511151231"] {
            assert_eq!(read(kept), json!(kept));
        }
    }

    #[test]
    fn arrays_become_lists_and_odd_ones_stay_text() {
        let texts = |text| from_text(&Type::TEXT_ARRAY, text);
        assert_eq!(
            texts(r#"{a,NULL,"NULL","x,\"y\\",""}"#),
            json!(["a", null, "NULL", "x,\"y\\", ""])
        );
        assert_eq!(texts("{{a,b},{c,d}}"), json!([["a", "b"], ["c", "d"]]));
        assert_eq!(texts("{}"), json!([]));
        assert_eq!(from_text(&Type::INT4_ARRAY, "[0:1]={1,2}"), json!([1, 2]));
        for odd in ["{a", "{a}b", "a", "{\"a}", "{a\\", "{{{{{{{{{a}}}}}}}}}"] {
            assert_eq!(texts(odd), json!(odd));
        }
    }

    #[test]
    fn json_numbers_are_checked_and_strings_are_not() {
        let read = |text| from_text(&Type::JSONB, text);
        assert_eq!(read(r#"{"a": [1, 2.5e3, "1.00000000000000000001"]}"#)["a"][1], json!(2500.0));
        assert_eq!(read(r#"["\"", 12]"#), json!(["\"", 12]));
        assert!(read(r#"{"a": 12345678901234567890123}"#).is_string());
    }

    #[test]
    fn moments_are_rfc_3339_where_it_can_say_them() {
        let read = |text| from_text(&Type::TIMESTAMPTZ, text);
        assert_eq!(read("2026-11-22 18:20:00.5+00"), json!("2026-11-22T18:20:00.5Z"));
        assert_eq!(read("2026-11-22 15:20:00-03"), json!("2026-11-22T15:20:00-03:00"));
        assert_eq!(read("2026-11-22 18:20:00+05:30"), json!("2026-11-22T18:20:00+05:30"));
        for kept in ["infinity", "0044-03-15 12:00:00+00 BC", "1800-01-01 00:00:00+00:19:32"] {
            assert_eq!(read(kept), json!(kept));
        }
        let plain = from_text(&Type::TIMESTAMP, "2026-11-22 18:20:00");
        assert_eq!(plain, json!("2026-11-22T18:20:00"));
    }
}
