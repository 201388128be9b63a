//! The head file: the newest event that a checkpoint vouches for.
//!
//! A record that lost its end still has a valid chain; only something outside it can tell. The head
//! file is that witness for the end, as the hash on the screen is for the whole.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::line::Hash;
use super::{Trouble, folder};

/// The newest event of a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its sequence number.
    pub seq: u64,
    /// Its hash.
    pub hash: Hash,
}

/// What the head file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HeadFile {
    /// No checkpoint was reached yet.
    Absent,
    /// There is one, and it makes no sense.
    Damaged,
    /// This.
    Says(Head),
}

impl HeadFile {
    /// The head, when there is a readable one.
    pub(super) fn known(self) -> Option<Head> {
        match self {
            Self::Says(head) => Some(head),
            Self::Absent | Self::Damaged => None,
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OnDisk {
    seq: u64,
    hash: String,
}

/// Reads the head file of a run folder.
pub(super) fn read(folder: &Path) -> Result<HeadFile, Trouble> {
    let Some(text) = folder::read_small(&folder.join(folder::HEAD))? else {
        return Ok(HeadFile::Absent);
    };
    Ok(of(&text))
}

/// What the text of a head file says.
pub(super) fn of(text: &[u8]) -> HeadFile {
    let head = serde_json::from_slice::<OnDisk>(text).ok();
    let head = head.and_then(|on_disk| {
        Some(Head { seq: on_disk.seq, hash: Hash::parse(on_disk.hash.as_bytes())? })
    });
    head.map_or(HeadFile::Damaged, HeadFile::Says)
}

/// Replaces the head file of a run folder; two syncs.
pub(super) fn write(folder: &Path, head: Head) -> Result<(), Trouble> {
    let on_disk = OnDisk { seq: head.seq, hash: head.hash.hex() };
    let mut text = serde_json::to_vec(&on_disk).unwrap_or_default();
    text.push(b'\n');
    folder::replace(folder, folder::HEAD, &text)
}
