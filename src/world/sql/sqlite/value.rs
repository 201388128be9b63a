//! SQLite's five kinds of values, to JSON and back.

use rusqlite::types::{Value as Bound, ValueRef};
use serde_json::{Number, Value};

use super::super::trouble::Trouble;
use super::super::value::hex;
use crate::effect::FailKind;

/// A cell as JSON. Bytes become `\x...` in hexadecimal, so does a text that is not UTF-8.
pub(super) fn json(cell: ValueRef<'_>) -> Value {
    match cell {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => number.into(),
        ValueRef::Real(number) => {
            Number::from_f64(number).map_or_else(|| infinity(number).into(), Value::Number)
        }
        ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => text.into(),
            Err(_) => hex(bytes).into(),
        },
        ValueRef::Blob(bytes) => hex(bytes).into(),
    }
}

const fn infinity(number: f64) -> &'static str {
    if number > 0.0 { "Infinity" } else { "-Infinity" }
}

/// A parameter as SQLite takes it. It has no lists: they and objects travel as JSON text, for
/// `IN (SELECT value FROM json_each(:names))`.
pub(super) fn bound(name: &str, value: &Value) -> Result<Bound, Trouble> {
    Ok(match value {
        Value::Null => Bound::Null,
        Value::Bool(truth) => Bound::Integer((*truth).into()),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Bound::Integer(whole),
            (None, Some(float)) if !number.is_u64() => Bound::Real(float),
            _ => {
                let message = format!("`:{name}` is larger than a SQLite integer can be");
                return Err(Trouble::new(FailKind::Input, message));
            }
        },
        Value::String(text) => Bound::Text(text.clone()),
        list => Bound::Text(list.to_string()),
    })
}
