//! An attempt that was announced and whose end nobody recorded, and what a step type knows of it.

use crate::effect::{Facts, Recover};

/// An attempt without an end in the record.
#[derive(Clone, Copy, Debug)]
pub struct Broken<'a> {
    /// Which attempt.
    pub attempt: u32,
    /// The part that was announced and has not ended; `None` between two parts.
    pub part: Option<u32>,
    /// What the announcement said.
    pub what: &'a str,
    /// What the parts before it brought.
    pub facts: &'a Facts,
}

/// What is known of a broken attempt without asking anybody.
#[derive(Clone, Debug)]
pub enum Fate {
    /// It may be begun again, whatever became of it.
    Again,
    /// Nothing of it happened; it may be begun anew.
    NotDone(&'static str),
    /// The world can tell.
    Ask(Recover),
    /// Nobody but a probe or a person can tell.
    Unknown(String),
}

impl Fate {
    /// The fate of what was under way without a witness.
    #[must_use]
    pub fn unknown() -> Self {
        Self::Unknown("mayday ended while it ran; it may have happened".to_owned())
    }
}

/// The name of an attempt, for a command under the keeper: the engine and the world use the same.
#[must_use]
pub fn attempt_name(unit: &str, attempt: u32) -> String {
    format!("{unit}.{attempt}")
}
