//! The filters of expressions: `x | <filter>`. None of them can make a value grow without bound.

use std::cmp::Ordering;

use serde_json::Value;

use super::eval::Args;
use super::lists::{filter, map, sort, sum, unique};
use super::ops::{Num, arithmetic, bounded, order, too_long};
use super::parse::MAX_RENDERED;
use super::usage::of_filter;
use super::value::{display, kind, shown};
use crate::time::{Span, Timestamp};
use minijinja::machinery::ast::BinOpKind;

/// Every filter, for `check` and the documentation.
pub const FILTERS: [&str; 35] = [
    "abs",
    "clock",
    "default",
    "duration",
    "first",
    "float",
    "fromjson",
    "int",
    "join",
    "json",
    "keys",
    "last",
    "length",
    "lines",
    "lower",
    "map",
    "max",
    "min",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "rfc3339",
    "round",
    "seconds",
    "select",
    "selectattr",
    "sort",
    "split",
    "string",
    "sum",
    "trim",
    "unique",
    "upper",
    "values",
];

/// Most items a filter makes out of one text.
const MAX_ITEMS: usize = 100_000;

/// Whether a filter wants instants and spans as numbers.
pub(super) fn reads_time(name: &str) -> bool {
    matches!(
        name,
        "rfc3339"
            | "seconds"
            | "duration"
            | "clock"
            | "int"
            | "float"
            | "round"
            | "abs"
            | "sum"
            | "min"
            | "max"
    )
}

/// What a filter makes of a value; `None` when an empty value has nothing to give.
pub(super) fn apply(name: &str, value: &Value, args: &Args) -> Result<Option<Value>, String> {
    let usage = of_filter(name).ok_or("there is no such filter")?;
    // `map` hands what it takes by name to the filter that it applies, which refuses what it does not know.
    let handed_on = name == "map" && !args.by_position.is_empty();
    let by_name = args.by_name.keys().filter(|_| !handed_on).map(String::as_str);
    if let Some(slip) = usage.slip(args.by_position.len(), by_name) {
        return Err(slip);
    }
    let text = || words(value);
    let items = || list(value);
    Ok(Some(match name {
        "first" | "last" => return end_item(value, name == "first"),
        "min" | "max" => return extreme(items()?, name == "min"),
        "abs" => match Num::wanted(value)? {
            Num::Int(int) => Num::Int(int.abs()).value()?,
            Num::Float(float) => Num::Float(float.abs()).value()?,
        },
        "int" => number(value)?.1,
        "float" => number(value)?.0,
        "round" => round(value, args)?,
        "clock" => Value::String(span(value)?.clock()),
        "duration" => Value::String(span(value)?.to_string()),
        "seconds" => seconds(value)?,
        "rfc3339" => Value::String(instant(value)?.rfc3339()),
        "length" => Value::from(length(value)?),
        "join" => Value::String(join(items()?, &separator(args, "")?)?),
        "json" | "tojson" => bounded(value.to_string()).map(Value::String)?,
        "string" => bounded(display(value)).map(Value::String)?,
        "fromjson" => serde_json::from_str(text()?).map_err(|e| format!("not JSON: {e}"))?,
        "keys" => object(value)?.keys().cloned().map(Value::String).collect(),
        "values" => object(value)?.values().cloned().collect(),
        "lines" => pieces(text()?.lines())?,
        "split" => match args.by_position.first() {
            Some(by) => match words(by)? {
                "" => return Err("the separator is empty".to_owned()),
                by => pieces(text()?.split(by))?,
            },
            None => pieces(text()?.split_whitespace())?,
        },
        "lower" => Value::String(text()?.to_lowercase()),
        "upper" => Value::String(text()?.to_uppercase()),
        "trim" => Value::from(text()?.trim()),
        "replace" => Value::String(replace(text()?, args)?),
        "reverse" => items()?.iter().rev().cloned().collect(),
        "sort" => sort(items()?, args)?,
        "unique" => unique(items()?),
        "sum" => sum(items()?, args)?,
        "map" => map(items()?, args)?,
        "default" => or_default(value, args),
        "select" | "reject" => filter(items()?, None, &args.by_position, name == "select")?,
        "selectattr" | "rejectattr" => {
            let (attribute, rest) =
                args.by_position.split_first().ok_or("needs the name of an attribute")?;
            filter(items()?, Some(words(attribute)?), rest, name == "selectattr")?
        }
        _ => return Err("there is no such filter".to_owned()),
    }))
}

/// The fallback of a value that there is: only with `true` as the second argument, for what says nothing.
fn or_default(value: &Value, args: &Args) -> Value {
    let wide = args.by_position.get(1).or_else(|| args.by_name.get("boolean"));
    if wide == Some(&Value::Bool(true)) && is_nothing(value) {
        args.by_position.first().cloned().unwrap_or_else(|| Value::String(String::new()))
    } else {
        value.clone()
    }
}

/// Null, false, an empty text and an empty list.
pub(super) fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

pub(super) fn words(value: &Value) -> Result<&str, String> {
    value.as_str().ok_or_else(|| format!("{} is {}, not text", shown(value), kind(value)))
}

fn list(value: &Value) -> Result<&[Value], String> {
    value
        .as_array()
        .map(Vec::as_slice)
        .ok_or_else(|| format!("{} is {}, not a list", shown(value), kind(value)))
}

fn object(value: &Value) -> Result<&serde_json::Map<String, Value>, String> {
    value.as_object().ok_or_else(|| format!("{} is {}, not a map", shown(value), kind(value)))
}

fn length(value: &Value) -> Result<usize, String> {
    match value {
        Value::String(text) => Ok(text.chars().count()),
        Value::Array(items) => Ok(items.len()),
        Value::Object(map) => Ok(map.len()),
        other => Err(format!("{} is {}, it has no length", shown(other), kind(other))),
    }
}

fn end_item(value: &Value, first: bool) -> Result<Option<Value>, String> {
    if let Value::String(text) = value {
        let found = if first { text.chars().next() } else { text.chars().next_back() };
        return Ok(found.map(|c| Value::from(c.to_string())));
    }
    let items = list(value)?;
    Ok(if first { items.first() } else { items.last() }.cloned())
}

fn extreme(items: &[Value], smallest: bool) -> Result<Option<Value>, String> {
    let Some((mut best, rest)) = items.split_first() else { return Ok(None) };
    for item in rest {
        let wanted = if smallest { Ordering::Less } else { Ordering::Greater };
        if order(item, best)? == wanted {
            best = item;
        }
    }
    Ok(Some(best.clone()))
}

/// A number, or a text that is one: as it is, and without its fraction.
fn number(value: &Value) -> Result<(Value, Value), String> {
    let num = match value {
        Value::String(text) => {
            let text = text.trim();
            match text.parse::<i64>() {
                Ok(int) => Num::Int(int.into()),
                Err(_) => match text.parse::<f64>() {
                    Ok(float) if float.is_finite() => Num::Float(float),
                    _ => return Err(format!("{} is not a number", shown(value))),
                },
            }
        }
        other => Num::wanted(other)?,
    };
    let whole = match num {
        Num::Float(float) => Num::Float(float.trunc()),
        Num::Int(_) => num,
    };
    Ok((num.value()?, whole.value()?))
}

fn round(value: &Value, args: &Args) -> Result<Value, String> {
    let digits = args.by_position.first().map_or(Ok(0), |digits| {
        digits.as_i64().filter(|d| (0..=15).contains(d)).ok_or("the digits are 0 to 15")
    })?;
    match Num::wanted(value)? {
        Num::Int(int) => Num::Int(int).value(),
        Num::Float(float) => {
            let scale = (0..digits).fold(1.0, |scale, _| scale * 10.0);
            let scaled = (float * scale).round() / scale;
            Num::Float(if scaled.is_finite() { scaled } else { float }).value()
        }
    }
}

/// The milliseconds of a number of seconds.
#[expect(clippy::cast_possible_truncation, reason = "bounded to the years people write")]
fn millis(value: &Value) -> Result<i64, String> {
    /// The last second of the year 9999, the last that RFC 3339 can write.
    const LAST: f64 = 253_402_300_799.0;
    let seconds = Num::wanted(value)?.float();
    if seconds.abs() > LAST {
        return Err(format!("{} seconds is out of range", shown(value)));
    }
    Ok((seconds * 1000.0).round() as i64)
}

fn span(value: &Value) -> Result<Span, String> {
    match value {
        Value::String(text) => text.parse(),
        other => millis(other).map(Span::from_millis),
    }
}

fn instant(value: &Value) -> Result<Timestamp, String> {
    match value {
        Value::String(text) => text.parse(),
        other => millis(other).map(Timestamp::from_millis),
    }
}

/// Seconds of a number, a number in text, a span (`5m`) or an instant (RFC 3339).
fn seconds(value: &Value) -> Result<Value, String> {
    let Value::String(text) = value else { return Num::wanted(value)?.value() };
    if let Ok((number, _)) = number(value) {
        return Ok(number);
    }
    let millis = match text.parse::<Span>() {
        Ok(span) => span.millis(),
        Err(why) => text.parse::<Timestamp>().map_err(|_| why)?.millis(),
    };
    arithmetic(BinOpKind::Div, &Value::from(millis), &Value::from(1000))
}

fn pieces<'t>(parts: impl Iterator<Item = &'t str>) -> Result<Value, String> {
    let items: Vec<Value> = parts.take(MAX_ITEMS + 1).map(Value::from).collect();
    if items.len() > MAX_ITEMS {
        return Err(format!("more than {MAX_ITEMS} items"));
    }
    Ok(Value::Array(items))
}

fn separator(args: &Args, otherwise: &str) -> Result<String, String> {
    args.by_position.first().map_or(Ok(otherwise.to_owned()), |by| words(by).map(str::to_owned))
}

/// The items as one text.
pub(super) fn join(items: &[Value], by: &str) -> Result<String, String> {
    let mut joined = String::new();
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            joined.push_str(by);
        }
        joined.push_str(&display(item));
        if joined.len() > MAX_RENDERED {
            return Err(too_long());
        }
    }
    Ok(joined)
}

fn replace(text: &str, args: &Args) -> Result<String, String> {
    let [from, to] = args.by_position.as_slice() else {
        return Err("needs what to replace and what by".to_owned());
    };
    let (from, to) = (words(from)?, words(to)?);
    if from.is_empty() {
        return Err("what to replace is empty".to_owned());
    }
    let growth = text.matches(from).count().saturating_mul(to.len());
    if text.len().saturating_add(growth) > MAX_RENDERED {
        return Err(too_long());
    }
    Ok(text.replace(from, to))
}
