//! Where events go before they count, as the run sees it.
//!
//! Owns the traits and words between the loop and the journal: what durable means, what trouble is, and the
//! ways on behind it. Files and disks are the journal's business.

use std::fmt;
use std::path::PathBuf;

use super::event::Event;

/// Where events go before they count.
pub trait Record {
    /// Adds an event behind the ones before it; nothing is durable yet. Returns its number, and the
    /// event as it stands in the record: redacted, so that memory holds what a resume would read.
    ///
    /// # Errors
    /// The record cannot take it; nothing further may be done.
    fn stage(&mut self, event: Event) -> Result<(u64, Event), RecordTrouble>;

    /// Makes everything staged durable.
    ///
    /// # Errors
    /// The record could not be written; nothing staged may be shown or acted on.
    fn commit(&mut self) -> Result<Kept, RecordTrouble>;

    /// How the record may go on behind a commit that failed, the first choice first; no way by default.
    fn ways(&mut self) -> Vec<Way> {
        Vec::new()
    }

    /// Takes a way. What is staged stays staged: the next commit makes it durable there. Returns where
    /// the record lives from here on when that changed.
    ///
    /// # Errors
    /// That way is closed too.
    fn take(&mut self, _way: &Way) -> Result<Option<Moved>, RecordTrouble> {
        Ok(None)
    }
}

/// Where a commit put the events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// On disk.
    Durable,
    /// Nowhere: the operator said so, and copies each of them by hand.
    OnPaper,
}

/// A way on for a record that cannot be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// The same place, once more.
    Again,
    /// A copy of the record in this folder of runs.
    Elsewhere {
        /// The folder of runs.
        to: PathBuf,
        /// It is gone with the next start of the machine.
        volatile: bool,
    },
    /// No record: the operator copies each event.
    Paper,
}

/// A record that was copied and goes on there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The run's folder before.
    pub from: PathBuf,
    /// The run's folder now.
    pub to: PathBuf,
    /// Files of the run that could not be copied, relative to its folder.
    pub left: Vec<String>,
}

/// The record cannot be written: a sentence and what to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordTrouble {
    /// What is wrong, a lowercase fragment after "failed to".
    pub message: String,
    /// What to do next.
    pub hint: String,
}

impl fmt::Display for RecordTrouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for RecordTrouble {}
