//! Where the line of the record and the kept file behind a row are: relative addresses for a page.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::Facts;
use crate::effect::Evidence;

/// The line of the record that holds an event; events are counted from 0, lines from 1.
pub(super) fn of_event(facts: &Facts<'_>, seq: u64) -> String {
    format!("{}journal.jsonl#L{}", encoded(facts.beside.base), seq + 1)
}

/// A kept file with its address.
pub(super) fn of_file(facts: &Facts<'_>, kept: &Evidence) -> Value {
    json!({
        "what": kept.what,
        "path": kept.path,
        "link": format!("{}{}", encoded(facts.beside.base), encoded(&kept.path)),
        "sha256": kept.sha256,
        "bytes": kept.bytes,
    })
}

/// Everything but letters, digits, `/`, `.` and `-` as `%41`: no text of a run ends an address, or names
/// a scheme.
fn encoded(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'-') {
            out.push(char::from(byte));
        } else {
            // Writing into a string cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn nothing_in_an_address_ends_it() {
        assert_eq!(super::encoded("evidence/a_b)(<x>:y"), "evidence/a%5Fb%29%28%3Cx%3E%3Ay");
    }
}
