//! Making an oversized event fit into one record, always in the same way.
//!
//! What a step said is cut first: the whole of it is kept as evidence. Everything else is cut only when
//! that was not enough. Names, structure and numbers are never touched.

use serde_json::Value;

use super::Trouble;
use super::line::EVENT_CAP;
use super::redact::to_text;

/// Lengths in bytes that texts are cut to, one after the other until the event fits.
const LENGTHS: [usize; 7] = [16_384, 8_192, 4_096, 2_048, 1_024, 512, 256];

/// Lengths in items that lists of facts are cut to.
const ITEMS: [usize; 4] = [1_000, 100, 10, 1];

/// Cuts `value` (an event) until its JSON text fits, and returns that text.
///
/// # Errors
/// [`Trouble::TooBig`] when it cannot be made to fit: thousands of short values.
pub(super) fn to_fit(value: &mut Value) -> Result<String, Trouble> {
    for length in LENGTHS {
        if let Some(facts) = value.get_mut("facts") {
            cut_texts(facts, length);
        }
        if let Some(text) = fits(value)? {
            return Ok(text);
        }
    }
    for items in ITEMS {
        if let Some(facts) = value.get_mut("facts") {
            cut_lists(facts, items);
        }
        if let Some(text) = fits(value)? {
            return Ok(text);
        }
    }
    for length in LENGTHS {
        cut_texts(value, length);
        if let Some(text) = fits(value)? {
            return Ok(text);
        }
    }
    let kind = value.get("type").and_then(Value::as_str).unwrap_or("event").to_owned();
    Err(Trouble::TooBig { kind })
}

fn fits(value: &Value) -> Result<Option<String>, Trouble> {
    to_text(value).map(|text| (text.len() <= EVENT_CAP).then_some(text))
}

/// Cuts every text below `value` that is longer than `length` bytes, and says so in its place.
fn cut_texts(value: &mut Value, length: usize) {
    match value {
        Value::String(text) if text.len() > length => {
            let end = (0..=length).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            let left_out = text.len() - end;
            text.truncate(end);
            text.extend(["[cut: ", &left_out.to_string(), " more bytes]"]);
        }
        Value::Array(items) => items.iter_mut().for_each(|item| cut_texts(item, length)),
        Value::Object(fields) => fields.values_mut().for_each(|field| cut_texts(field, length)),
        _ => {}
    }
}

/// Cuts every list below `value` that is longer than `length` items, and says so in its last place.
fn cut_lists(value: &mut Value, length: usize) {
    match value {
        Value::Array(items) => {
            if items.len() > length {
                let left_out = items.len() - length;
                items.truncate(length);
                items.push(Value::String(format!("[cut: {left_out} more items]")));
            }
            for item in items {
                cut_lists(item, length);
            }
        }
        Value::Object(fields) => fields.values_mut().for_each(|field| cut_lists(field, length)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_cut_before_anything_else() {
        let mut event = serde_json::json!({
            "type": "ended", "what": "w".repeat(20_000), "facts": { "stdout": "é".repeat(60_000) },
        });
        let text = to_fit(&mut event).unwrap();
        assert!(text.len() <= EVENT_CAP);
        assert_eq!(event["what"].as_str().unwrap().len(), 20_000);
        let stdout = event["facts"]["stdout"].as_str().unwrap();
        assert!(stdout.ends_with("é[cut: 103616 more bytes]"), "{}", &stdout[16_300..]);
        assert_eq!(text, to_text(&event).unwrap());
    }

    #[test]
    fn long_lists_of_rows_are_cut_and_the_rest_is_refused() {
        let rows: Vec<_> = (0..50_000).collect();
        let mut event = serde_json::json!({ "type": "ended", "facts": { "rows": rows } });
        to_fit(&mut event).unwrap();
        let kept = event["facts"]["rows"].as_array().unwrap();
        assert_eq!(kept.len(), 1_001);
        assert_eq!(kept[1_000], "[cut: 49000 more items]");

        let items: Vec<_> = (0..50_000).collect();
        let mut event = serde_json::json!({ "type": "expanded", "items": items });
        assert!(matches!(to_fit(&mut event), Err(Trouble::TooBig { kind }) if kind == "expanded"));
    }
}
