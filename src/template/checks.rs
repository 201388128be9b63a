//! The tests of expressions: `x is <test>`.

use serde_json::Value;

use super::ops::{Num, contains, equal, order};
use super::value::{kind, shown};

/// Every test, for `check` and the documentation.
pub const TESTS: [&str; 25] = [
    "boolean",
    "containing",
    "defined",
    "divisibleby",
    "empty",
    "endingwith",
    "eq",
    "equalto",
    "even",
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
    "undefined",
];

/// Whether the test holds for the value.
pub(super) fn apply(name: &str, value: &Value, args: &[Value]) -> Result<bool, String> {
    let first = || args.first().ok_or_else(|| "needs something to compare with".to_owned());
    Ok(match name {
        "boolean" => value.is_boolean(),
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
        "eq" | "equalto" => equal(value, first()?)?,
        "ne" => !equal(value, first()?)?,
        "lt" => order(value, first()?)?.is_lt(),
        "le" => order(value, first()?)?.is_le(),
        "gt" => order(value, first()?)?.is_gt(),
        "ge" => order(value, first()?)?.is_ge(),
        // A value that is there; a name without one never comes this far.
        "defined" => true,
        "undefined" => false,
        _ => return Err("there is no such test".to_owned()),
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
