//! All codes that a check can raise, from the files that own them.

use super::check;
use super::parse::entries::ENTRIES;
use super::translation;
use crate::diagnostic::codes::Entry;

/// Every code with its page, in the order of the codes within each family.
pub fn all() -> impl Iterator<Item = &'static Entry> {
    ENTRIES.iter().chain(check::entries()).chain(translation::ENTRIES)
}

/// The page of a code; upper and lower case are the same.
#[must_use]
pub fn explain(code: &str) -> Option<&'static Entry> {
    all().find(|entry| entry.code.0.eq_ignore_ascii_case(code))
}
