//! From a Markdown runbook to a draft playbook.
//!
//! Owns the translation: headings become phases, numbered and ticked items steps, fenced commands steps of
//! their type. What has no place in a playbook stays as a comment where it stood: nothing of the text is
//! lost. What is guessed says REVIEW. Pure: the caller reads and writes.
//!
//! Reading order: outline (blocks of the text), draft (blocks to steps), commands (scripts to steps), write.

use crate::playbook::parse::limits::MAX_BYTES;

mod commands;
mod draft;
mod marks;
mod outline;
mod write;

/// Longest text that is taken, in bytes: a runbook of 400 pages.
pub const LONGEST: usize = 1 << 20;

/// Most steps of a draft: nobody reviews more.
pub const MOST_STEPS: usize = 2_000;

/// Why a text cannot be turned into a playbook. Fits after "failed to import ".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It has no words.
    #[error("it is empty: there is nothing to turn into a playbook")]
    Empty,
    /// It is not text.
    #[error("it is no text: {0}")]
    Binary(String),
    /// It is longer than [`LONGEST`].
    #[error("it has {0} bytes, at most {LONGEST} are taken: split it, a procedure a file")]
    TooLong(u64),
    /// It would have more steps than [`MOST_STEPS`].
    #[error("it would have {0} steps, at most {MOST_STEPS} are made: split it, a procedure a file")]
    TooMany(usize),
    /// Its draft would be longer than a file of a playbook may be.
    #[error("its draft would have {0} bytes, at most {most} are read: split it, a procedure a file", most = MAX_BYTES)]
    DraftTooLong(usize),
}

/// A draft, and what there is to say about it.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The playbook.
    pub yaml: String,
    /// All its steps.
    pub steps: usize,
    /// Those that mayday runs: shell and SQL.
    pub executable: usize,
    /// Places marked REVIEW.
    pub reviews: usize,
}

impl Draft {
    /// The share of the steps that mayday runs, in whole percent.
    #[must_use]
    pub fn share(&self) -> usize {
        (self.executable * 100).checked_div(self.steps).unwrap_or(0)
    }
}

/// The bytes of a file as text that can be turned into a playbook.
///
/// # Errors
/// It is empty, too long or no text.
pub fn text(bytes: Vec<u8>) -> Result<String, Refused> {
    if bytes.len() > LONGEST {
        return Err(Refused::TooLong(bytes.len() as u64));
    }
    if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
        return Err(Refused::Binary(format!("byte {} is 0", at + 1)));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Refused::Binary(format!("it is not UTF-8 from byte {} on", at + 1))
    })?;
    if text.chars().any(char::is_alphanumeric) { Ok(text) } else { Err(Refused::Empty) }
}

/// Without a byte order mark, and lines that end as they do here: a heading behind the mark would be prose, and carriage
/// returns would end up in commands.
fn with_plain_lines(text: &str) -> String {
    text.trim_start_matches('\u{feff}').replace("\r\n", "\n").replace('\r', "\n")
}

/// Turns a Markdown text into a draft with this id; `name` is the file it came from.
///
/// # Errors
/// It has too many steps, or its draft is too long.
pub fn import(name: &str, id: &str, text: &str) -> Result<Draft, Refused> {
    let sheet = draft::of(outline::of(&with_plain_lines(text)));
    let steps = sheet.phases.iter().map(|phase| phase.steps.len()).sum();
    if steps > MOST_STEPS {
        return Err(Refused::TooMany(steps));
    }
    let mut draft = write::playbook(name, id, &sheet);
    if draft.yaml.len() <= MAX_BYTES {
        draft.reviews += marks::errors(&mut draft.yaml);
    }
    match draft.yaml.len() {
        most if most > MAX_BYTES => Err(Refused::DraftTooLong(most)),
        _ => Ok(draft),
    }
}
