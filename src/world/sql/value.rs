//! What JSON can hold exactly, and how bytes are written.

use std::fmt::Write;

use serde_json::{Number, Value};

use crate::world::whole;

/// Bytes as `\x00ff`.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold("\\x".to_owned(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap_or_default();
        text
    })
}

/// A JSON number that means exactly what a decimal text says; none when 64 bits are too few.
pub(super) fn exact_number(text: &str) -> Option<Number> {
    if let Ok(whole) = text.parse::<i64>() {
        return Some(whole.into());
    }
    let float: f64 = text.parse().ok()?;
    // Rust prints the shortest decimal that reads back as the same number.
    let same = decimal(&format!("{float:e}"))? == decimal(text)?;
    same.then(|| Number::from_f64(float)).flatten()
}

/// Sign, digits without zeros at either end, and the place of the point: equal for equal numbers.
fn decimal(text: &str) -> Option<(bool, String, i64)> {
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (digits, exponent) = match text.split_once(['e', 'E']) {
        Some((digits, exponent)) => (digits, exponent.parse::<i64>().ok()?),
        None => (text, 0),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    if !whole.bytes().chain(part.bytes()).all(|b| b.is_ascii_digit()) {
        return None;
    }
    let all = format!("{whole}{part}");
    let significant = all.trim_start_matches('0');
    let leading = i64::try_from(all.len() - significant.len()).ok()?;
    let point = i64::try_from(whole.len()).ok()? - leading + exponent;
    let significant = significant.trim_end_matches('0');
    let zero = significant.is_empty();
    Some((negative && !zero, significant.to_owned(), if zero { 0 } else { point }))
}

/// JSON, unless one of its numbers would change on the way.
pub(super) fn exact_json(text: &str) -> Option<Value> {
    let parsed = serde_json::from_str(text).ok()?;
    let mut numbers = whole::numbers(text).into_iter().map(|place| &text[place]);
    numbers.all(|number| exact_number(number).is_some()).then_some(parsed)
}
