//! The tests of expressions: `x is <test>`, and by name in `select`, `reject`, `selectattr` and `rejectattr`.

use minijinja::machinery::ast::CompareOpKind as Op;
use serde_json::Value;

use super::ops::{Num, compare, contains};
use super::usage::of_test;
use super::value::{kind, shown};

/// Every test, for `check` and the documentation.
pub const TESTS: [&str; 27] = [
    "boolean",
    "containing",
    "defined",
    "divisibleby",
    "empty",
    "endingwith",
    "eq",
    "equalto",
    "even",
    "false",
    "ge",
    "gt",
    "in",
    "integer",
    "le",
    "list",
    "lt",
    "mapping",
    "matching",
    "ne",
    "none",
    "number",
    "odd",
    "startingwith",
    "string",
    "true",
    "undefined",
];

/// The comparison that the name of a test stands for; the signs are names only where a test is named in a text.
pub(super) fn sign(name: &str) -> Option<Op> {
    Some(match name {
        "==" | "eq" | "equalto" => Op::Eq,
        "!=" | "ne" => Op::Ne,
        "<" | "lt" | "lessthan" => Op::Lt,
        "<=" | "le" => Op::Lte,
        ">" | "gt" | "greaterthan" => Op::Gt,
        ">=" | "ge" => Op::Gte,
        _ => return None,
    })
}

/// Whether the test holds for a value that there is.
pub(super) fn apply(name: &str, value: &Value, args: &[Value]) -> Result<bool, String> {
    let usage = of_test(name).ok_or("there is no such test")?;
    if let Some(slip) = usage.slip(args.len(), []) {
        return Err(slip);
    }
    let first = || args.first().ok_or_else(|| "needs something to compare with".to_owned());
    Ok(match name {
        "boolean" => value.is_boolean(),
        "defined" => true,
        "undefined" => false,
        "true" => *value == Value::Bool(true),
        "false" => *value == Value::Bool(false),
        "integer" => whole(value).is_ok(),
        "list" => value.is_array(),
        "mapping" => value.is_object(),
        "none" => value.is_null(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "empty" => match value {
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.is_empty(),
            Value::Object(map) => map.is_empty(),
            other => return Err(format!("{} is {}", shown(other), kind(other))),
        },
        "even" => whole(value)? % 2 == 0,
        "odd" => whole(value)? % 2 != 0,
        "divisibleby" => match whole(first()?)? {
            0 => return Err("division by zero".to_owned()),
            by => whole(value)? % by == 0,
        },
        "startingwith" => text(value)?.starts_with(text(first()?)?),
        "endingwith" => text(value)?.ends_with(text(first()?)?),
        "matching" => {
            super::pattern(text(first()?)?).map_err(|f| f.message)?.is_match(text(value)?)
        }
        "containing" => contains(value, first()?)?,
        "in" => contains(first()?, value)?,
        _ => match sign(name) {
            Some(sign) => compare(sign, value, first()?)?,
            None => return Err("there is no such test".to_owned()),
        },
    })
}

fn whole(value: &Value) -> Result<i128, String> {
    match Num::wanted(value)? {
        Num::Int(int) => Ok(int),
        Num::Float(_) => Err(format!("{} is not a whole number", shown(value))),
    }
}

fn text(value: &Value) -> Result<&str, String> {
    value.as_str().ok_or_else(|| format!("{} is {}, not text", shown(value), kind(value)))
}
