//! The context of a report read back: what is missing is empty, never an error.

use serde_json::Value;

use super::outcome::whole_seconds;
use crate::text::lang::Lang;
use crate::time::{Span, Timestamp};

/// In which language its sentences are.
pub(super) fn lang(context: &Value) -> Lang {
    Lang::of(text(&context["language"]))
}

/// The entries of a list.
pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// A text; empty where there is none.
pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// An instant in milliseconds.
pub(super) fn millis(value: &Value) -> Option<i64> {
    instant(value).map(Timestamp::millis)
}

/// An instant.
pub(super) fn instant(value: &Value) -> Option<Timestamp> {
    value.as_str()?.parse().ok()
}

/// `2026-11-22 18:20:00Z`; empty where there is none.
pub(super) fn time(value: &Value) -> String {
    instant(value).map(Timestamp::date_clock).unwrap_or_default()
}

/// `4m 12s` from milliseconds.
pub(super) fn length(ms: i64) -> String {
    whole_seconds(Span::from_millis(ms)).to_string()
}

/// The same from a field; empty where there is none.
pub(super) fn span(value: &Value) -> String {
    value.as_i64().map(length).unwrap_or_default()
}
