//! Bugs that are there on purpose, one at a time, to see that the tests notice (reliability design, 2.4).
//!
//! Only a build with the feature `seeded-bugs` has any, and only in a process whose environment names one.
//! Every other build has `false` in the place of each.

/// True when this bug is to be there.
#[cfg(not(feature = "seeded-bugs"))]
#[must_use]
pub const fn bug(_name: &str) -> bool {
    false
}

/// True when this bug is to be there: the one that `MAYDAY_SEEDED_BUG` names.
#[cfg(feature = "seeded-bugs")]
#[expect(clippy::disallowed_methods, reason = "one bug for a whole process and its children")]
#[must_use]
pub fn bug(name: &str) -> bool {
    static CHOSEN: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
    let chosen = CHOSEN.get_or_init(|| std::env::var("MAYDAY_SEEDED_BUG").ok());
    chosen.as_deref() == Some(name)
}
