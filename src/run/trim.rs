//! What of an output goes into the record: enough to read and to compute with, never without bound.

use serde_json::Value;

use crate::effect::Facts;

/// A text in the record is at most this long, in bytes; all of it is in the evidence.
const TEXT: usize = 8 * 1024;
/// A list in the record has at most this many items.
const ITEMS: usize = 50;
/// The facts of one event are at most this long together (a record is at most 64 KiB).
const ALL: usize = 40 * 1024;

/// Cuts long texts and lists; each cut is told by a fact `NAME_cut: true`.
#[must_use]
pub fn trim(facts: Facts) -> Facts {
    let mut kept = Facts::new();
    let mut room = ALL;
    // What a transaction is known by comes first: after a crash, nothing else tells what became of it.
    let (first, rest): (Vec<_>, Vec<_>) = facts.into_iter().partition(|(name, _)| name == "tx");
    for (name, mut value) in first.into_iter().chain(rest) {
        let mut cut = shorten(&mut value);
        let length = value.to_string().len();
        if length > room {
            value = Value::Null;
            cut = true;
        } else {
            room -= length;
        }
        if cut {
            kept.insert(format!("{name}_cut"), Value::Bool(true));
        }
        kept.insert(name, value);
    }
    kept
}

fn shorten(value: &mut Value) -> bool {
    match value {
        Value::String(text) if text.len() > TEXT => {
            // The end of an output tells most about its failure; the beginning says what it was.
            let head = floor(text, TEXT / 4);
            let tail = ceil(text, text.len() - TEXT / 2);
            let lost = tail - head;
            *text =
                format!("{}\n[... {lost} bytes left out ...]\n{}", &text[..head], &text[tail..]);
            true
        }
        Value::Array(items) => {
            let long = items.len() > ITEMS;
            items.truncate(ITEMS);
            shorten_all(items.iter_mut()) || long
        }
        Value::Object(map) => shorten_all(map.values_mut()),
        _ => false,
    }
}

/// Each of them, also behind the first that was cut.
fn shorten_all<'a>(items: impl Iterator<Item = &'a mut Value>) -> bool {
    items.map(shorten).filter(|cut| *cut).count() > 0
}

fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn ceil(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_long_text_keeps_its_beginning_and_its_end_and_says_so() {
        let mut facts = Facts::new();
        facts.insert("stdout".into(), format!("first{}läst", "é".repeat(50_000)).into());
        facts.insert("rows".into(), json!(vec![1; 200]));
        facts.insert("exit_code".into(), json!(0));
        let kept = trim(facts);
        let text = kept["stdout"].as_str().unwrap();
        assert!(text.starts_with("first") && text.ends_with("läst"));
        assert!(text.len() < 9 * 1024 && text.contains("bytes left out"));
        assert_eq!(kept["stdout_cut"], json!(true));
        assert_eq!(kept["rows"].as_array().unwrap().len(), 50);
        assert_eq!(kept["rows_cut"], json!(true));
        assert_eq!(kept["exit_code"], json!(0));
        assert!(!kept.contains_key("exit_code_cut"));
    }

    #[test]
    fn all_facts_together_stay_below_a_record() {
        let mut facts = Facts::new();
        for n in 0..40 {
            facts.insert(format!("text{n}"), "\"".repeat(8000).into());
        }
        assert!(Value::Object(trim(facts)).to_string().len() < 60 * 1024);
    }

    #[test]
    fn what_a_transaction_is_known_by_is_kept_beside_any_rows() {
        let mut facts = Facts::new();
        facts.insert("rows".into(), json!(vec!["x".repeat(8000); 6]));
        facts.insert("columns".into(), json!(vec!["y".repeat(900); 50]));
        facts.insert("tx".into(), json!({"xid": "726", "flushed": true}));
        let kept = trim(facts);
        assert_eq!(kept["tx"], json!({"xid": "726", "flushed": true}));
        assert_eq!((&kept["rows"], &kept["rows_cut"]), (&Value::Null, &json!(true)));
    }
}
