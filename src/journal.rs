//! The record of a run and the folder it lives in.
//!
//! Owns: [`RunId`], [`Store`] (where runs live), [`Journal`] (the append side), [`read_with`] and [`Read`]
//! (the reading side) and [`verify()`]. Knows events only as things to write and read back: what they
//! mean is `run`'s business, how they look `report`'s.
//!
//! Reading order: id, line (one record), head, scan (reading), append (writing), folder, building, store,
//! places and moving (a disk in trouble), verify.
//!
//! The record is plain JSON Lines. Each line carries the hash of the line before it and its own, so
//! `jq` and `tail -f` read it, and a verifier is a dozen lines in any language.

mod append;
mod building;
mod folder;
mod head;
mod id;
mod line;
mod moving;
pub mod pack;
mod places;
mod record;
mod redact;
mod scan;
mod spare;
mod store;
mod trim;
mod trouble;
mod verify;

pub use append::{Journal, Redact, write_line};
pub use folder::{Holder, RunDir, free_ballast};
pub use head::Head;
pub use id::RunId;
pub use line::{Hash, RECORD_CAP};
pub use places::{Offers, Place};
pub use scan::{Condition, Read, Scan, read, read_bytes, read_first, read_on, read_with};
pub use store::{Created, Resumed, Store, Torn};
pub use trouble::Trouble;
pub use verify::{Finding, Verification, Weight, verify};

/// The format version written into the first record; a record with a newer one is refused.
pub const FORMAT: u32 = crate::run::event::FORMAT;
