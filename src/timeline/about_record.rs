//! Sentences about the record itself: that it went on elsewhere, or nowhere.

use crate::run::event::Kind;

/// What an event about the record itself says; empty for any other.
#[must_use]
pub fn of_record(kind: &Kind) -> String {
    match kind {
        Kind::RecordMoved { from, to, why, volatile, left } => {
            let volatile = if *volatile { ", which does not survive a restart" } else { "" };
            let left = match left.as_slice() {
                [] => String::new(),
                files => format!("; left behind: {}", files.join(", ")),
            };
            format!("The record went on in {to}{volatile}, no longer in {from} ({why}){left}.")
        }
        Kind::Unrecorded { why } => {
            format!("The run went on without a record, events were copied by hand ({why}).")
        }
        Kind::RecordedAgain => {
            "The record could be written again; what was on paper until then is in it.".to_owned()
        }
        _ => String::new(),
    }
}
