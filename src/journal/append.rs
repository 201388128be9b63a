//! Writing the record: staged lines, one write, one sync.

use std::fs::File;
use std::io::{self, Write as _};

use super::line::{self, Hash};
use super::{Head, RunDir, Trouble, folder, head, redact};
use crate::run::event::Event;

/// Gives a text without the secrets in it; `None` when there are none.
pub type Redact = Box<dyn Fn(&str) -> Option<String>>;

/// The append side of one run's record. Holds the run's lock as long as it lives.
pub struct Journal {
    dir: RunDir,
    file: File,
    redact: Redact,
    /// Good bytes on disk: where a failed write is cut back to.
    bytes: u64,
    /// The newest event on disk.
    committed: Option<Head>,
    /// The newest event, staged or on disk.
    newest: Option<Head>,
    staged: Vec<u8>,
    poisoned: bool,
    ballast_freed: bool,
    syncs: u64,
    _lock: File,
}

impl Journal {
    /// Goes on behind `newest`, at byte `bytes` of `file`, which is open for appending.
    pub(super) fn new(
        dir: RunDir,
        file: File,
        lock: File,
        redact: Redact,
        bytes: u64,
        newest: Option<Head>,
    ) -> Self {
        Self {
            dir,
            file,
            redact,
            bytes,
            committed: newest,
            newest,
            staged: Vec::new(),
            poisoned: false,
            ballast_freed: false,
            syncs: 0,
            _lock: lock,
        }
    }

    /// The last record on disk lacks its newline: the next write begins with it.
    pub(super) fn owe_newline(&mut self) {
        self.staged.push(b'\n');
    }

    /// Prepares an event for the next [`Self::commit`]. Returns its sequence number and the event as it
    /// will be read back, redacted and cut to fit: apply that one.
    ///
    /// # Errors
    /// [`Trouble::TooBig`] for an event that cannot be cut to fit into one record. Nothing is staged then.
    pub fn stage(&mut self, event: Event) -> Result<(u64, Event), Trouble> {
        let seq = self.next_seq();
        let prev = self.newest.map_or(Hash::NONE, |head| head.hash);
        let (event, hash) = write_line(event, seq, prev, &self.redact, &mut self.staged)?;
        self.newest = Some(Head { seq, hash });
        Ok((seq, event))
    }

    /// Makes everything staged durable: one write, one sync. Until this returns `Ok`, nothing of it may
    /// be shown or acted on.
    ///
    /// # Errors
    /// [`Trouble::NoSpace`]: the disk is full and the reserve is used up; the record is as before, and the
    /// same commit may be tried again. [`Trouble::Lost`]: the disk does not keep what is written; every
    /// later commit fails too.
    pub fn commit(&mut self) -> Result<(), Trouble> {
        if self.poisoned {
            return Err(Trouble::Lost { source: None });
        }
        if self.committed == self.newest {
            return Ok(());
        }
        if let Err(error) = self.write() {
            if !is_full(&error) {
                return Err(self.lost(error));
            }
            self.free_ballast();
            if let Err(source) = self.write() {
                return Err(if is_full(&source) {
                    Trouble::NoSpace { source }
                } else {
                    self.lost(source)
                });
            }
        }
        // A failed sync is never tried again: the kernel may have dropped the pages and would say yes.
        self.syncs += 1;
        self.file.sync_data().map_err(|error| self.lost(error))?;
        self.bytes += u64::try_from(self.staged.len()).unwrap_or(0);
        self.staged.clear();
        self.committed = self.newest;
        Ok(())
    }

    /// Stages one event and commits.
    ///
    /// # Errors
    /// As [`Self::stage`] and [`Self::commit`].
    pub fn append(&mut self, event: Event) -> Result<(u64, Event), Trouble> {
        let staged = self.stage(event)?;
        self.commit()?;
        Ok(staged)
    }

    /// The sequence number that the next staged event gets.
    #[must_use]
    pub fn next_seq(&self) -> u64 {
        self.newest.map_or(0, |head| head.seq + 1)
    }

    /// The newest durable event; its hash on a screen is an outside witness of the record.
    #[must_use]
    pub fn head(&self) -> Option<Head> {
        self.committed
    }

    /// Writes the head file, so that a record cut off behind this point is noticed. Two syncs.
    ///
    /// # Errors
    /// When the file cannot be replaced. The record itself is not touched by that.
    pub fn checkpoint(&mut self) -> Result<(), Trouble> {
        let Some(head) = self.committed else { return Ok(()) };
        self.syncs += 2;
        head::write(self.dir.path(), head)
    }

    /// True from the moment when the disk was so full that the reserve had to be used.
    #[must_use]
    pub fn ballast_freed(&self) -> bool {
        self.ballast_freed
    }

    /// Syncs so far, for the stated price of a step; those of creating the run are not counted.
    #[must_use]
    pub fn syncs(&self) -> u64 {
        self.syncs
    }

    /// The run's folder.
    #[must_use]
    pub fn dir(&self) -> &RunDir {
        &self.dir
    }

    /// Writes what is staged; after a failure the file ends where it ended before.
    fn write(&mut self) -> io::Result<()> {
        let Err(error) = self.file.write_all(&self.staged) else { return Ok(()) };
        self.file.set_len(self.bytes)?;
        Err(error)
    }

    fn free_ballast(&mut self) {
        self.ballast_freed = true;
        folder::free_ballast(self.dir.path());
    }

    fn lost(&mut self, source: io::Error) -> Trouble {
        self.poisoned = true;
        Trouble::Lost { source: Some(source) }
    }
}

/// Appends an event as the line that a record has for it, for a record in memory. Returns the event as
/// it will be read back, and the hash of its line.
///
/// # Errors
/// As [`Journal::stage`].
pub fn write_line(
    event: Event,
    seq: u64,
    prev: Hash,
    redact: &Redact,
    out: &mut Vec<u8>,
) -> Result<(Event, Hash), Trouble> {
    let (event, text) = redact::prepare(event, redact)?;
    Ok((event, line::build(seq, prev, &text, out)))
}

/// No space, no quota left, or the file size limit of the process.
fn is_full(error: &io::Error) -> bool {
    use io::ErrorKind as Kind;
    matches!(error.kind(), Kind::StorageFull | Kind::QuotaExceeded | Kind::FileTooLarge)
}
