//! What is kept in memory of a run's folder, for the day when its disk gives nothing back any more.

use std::io::Read as _;

use super::{RunDir, Trouble, folder};

/// Most bytes of a record that are kept, and of its pinned files: a record of 10,000 steps and more. A
/// longer one can only be moved while its disk can still be read.
const MOST: usize = 8 << 20;

/// The record up to the last commit, and the pinned files.
pub(super) struct Spare {
    lines: Option<Vec<u8>>,
    pinned: Vec<(String, Vec<u8>)>,
}

impl Spare {
    /// Of a new run; pinned files by the names that they have on disk.
    pub(super) fn new(pinned: Vec<(String, Vec<u8>)>) -> Self {
        let size: usize = pinned.iter().map(|(_, bytes)| bytes.len()).sum();
        Self { lines: Some(Vec::new()), pinned: if size > MOST { Vec::new() } else { pinned } }
    }

    /// Of a run on disk whose record is good for `bytes` bytes. What cannot be kept is not.
    pub(super) fn of(dir: &RunDir, bytes: u64) -> Self {
        let small = usize::try_from(bytes).is_ok_and(|bytes| bytes <= MOST);
        let lines = small.then(|| read(dir, folder::JOURNAL, bytes).ok()).flatten();
        let mut spare = Self { lines, ..Self::new(Vec::new()) };
        let entries = std::fs::read_dir(dir.path().join(folder::PINNED));
        for entry in entries.into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = format!("{}/{name}", folder::PINNED);
            let kept: usize = spare.pinned.iter().map(|(_, bytes)| bytes.len()).sum();
            let room = MOST.saturating_sub(kept);
            match read(dir, &path, u64::try_from(room).unwrap_or(0).saturating_add(1)) {
                Ok(bytes) if bytes.len() <= room => spare.pinned.push((name, bytes)),
                _ => {}
            }
        }
        spare
    }

    /// Remembers what was made durable.
    pub(super) fn add(&mut self, lines: &[u8]) {
        if let Some(kept) = &mut self.lines {
            if kept.len() + lines.len() > MOST {
                self.lines = None;
            } else {
                kept.extend_from_slice(lines);
            }
        }
    }

    /// The record's first `bytes` bytes: from memory, else from its disk.
    pub(super) fn record(&self, dir: &RunDir, bytes: u64) -> Result<Vec<u8>, Trouble> {
        match &self.lines {
            Some(lines) => Ok(lines.clone()),
            None => read(dir, folder::JOURNAL, bytes),
        }
    }

    /// The pinned files, by the names that they have on disk.
    pub(super) fn pinned(&self) -> &[(String, Vec<u8>)] {
        &self.pinned
    }
}

/// At most `most` bytes of a file of the run.
fn read(dir: &RunDir, name: &str, most: u64) -> Result<Vec<u8>, Trouble> {
    let path = dir.path().join(name);
    let file = folder::open_to_read(&path).map_err(Trouble::io("open", &path))?;
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes).map_err(Trouble::io("read", &path))?;
    Ok(bytes)
}
