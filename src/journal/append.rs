//! Writing the record: staged lines, one write, one sync.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::line::{self, Hash};
use super::moving::{self, Copied};
use super::spare::Spare;
use super::{Head, Holder, Place, RunDir, Trouble, folder, head, redact, scan};
use crate::run::drive::{Moved, Way};
use crate::run::event::Event;
use crate::seeded::bug;

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
    /// Why the last commit failed.
    failure: Option<Failure>,
    ballast_freed: bool,
    syncs: u64,
    lock: File,
    /// Locks of the folders that the record was moved from.
    earlier_locks: Vec<File>,
    holder: Holder,
    spare: Spare,
    /// The folder of runs that it belongs to.
    origin: PathBuf,
    /// Where it may go on.
    places: Vec<Place>,
    /// Places that did not take it.
    refused: Vec<PathBuf>,
    on_paper: bool,
}

/// Bytes that the files of an attempt take at least: lock, started, outputs, end, and the head behind them.
const ROOM_FOR_AN_ATTEMPT: u64 = 64 * 1024;

/// What keeps a record from being written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Failure {
    /// No space: the same commit may be tried again.
    Full,
    /// The disk does not keep what is written.
    Lost,
    /// The file has no name any more: it goes with this process.
    Gone,
}

/// What a journal is made of.
pub(super) struct Parts {
    pub dir: RunDir,
    /// The record, open for appending.
    pub file: File,
    pub lock: File,
    pub redact: Redact,
    pub holder: Holder,
    pub spare: Spare,
    pub origin: PathBuf,
    pub places: Vec<Place>,
}

impl Journal {
    /// Goes on behind `newest`, at byte `bytes` of the record.
    pub(super) fn new(parts: Parts, bytes: u64, newest: Option<Head>) -> Self {
        let Parts { dir, file, lock, redact, holder, spare, origin, places } = parts;
        Self {
            dir,
            file,
            redact,
            bytes,
            committed: newest,
            newest,
            staged: Vec::new(),
            failure: None,
            ballast_freed: false,
            syncs: 0,
            lock,
            earlier_locks: Vec::new(),
            holder,
            spare,
            origin,
            places,
            refused: Vec::new(),
            on_paper: false,
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
        match self.failure {
            Some(Failure::Lost) => return Err(Trouble::Lost { source: None }),
            Some(Failure::Gone) => return Err(Trouble::Gone { path: self.dir.journal() }),
            Some(Failure::Full) | None => {}
        }
        if self.committed == self.newest {
            return Ok(());
        }
        if self.is_cramped() {
            self.free_ballast();
            if self.is_cramped() {
                self.failure = Some(Failure::Full);
                return Err(Trouble::NoSpace { source: io::ErrorKind::StorageFull.into() });
            }
        }
        if bug("fsync after the ack") {
            let _ = self.file.sync_data();
        }
        if let Err(error) = self.write() {
            if !is_full(&error) {
                return Err(self.lost(error));
            }
            self.free_ballast();
            if let Err(source) = self.write() {
                if is_full(&source) {
                    self.failure = Some(Failure::Full);
                    return Err(Trouble::NoSpace { source });
                }
                return Err(self.lost(source));
            }
        }
        // A failed sync is never tried again: the kernel may have dropped the pages and would say yes.
        self.syncs += 1;
        if !bug("no fsync") && !bug("fsync after the ack") {
            let again = |error| {
                if bug("retry of fsync") { self.file.sync_data() } else { Err(error) }
            };
            self.file.sync_data().or_else(again).map_err(|error| self.lost(error))?;
        }
        if self.file.metadata().is_ok_and(|meta| meta.nlink() == 0) {
            self.failure = Some(Failure::Gone);
            return Err(Trouble::Gone { path: self.dir.journal() });
        }
        self.bytes += u64::try_from(self.staged.len()).unwrap_or(0);
        self.spare.add(&self.staged);
        self.staged.clear();
        self.committed = self.newest;
        self.failure = None;
        if std::mem::take(&mut self.on_paper) {
            folder::say_who_holds(&mut self.lock, &self.holder);
        }
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

    /// How the record may go on behind a commit that failed.
    pub(super) fn ways(&self) -> Vec<Way> {
        let Some(failure) = self.failure else { return Vec::new() };
        let again = (failure == Failure::Full).then_some(Way::Again);
        let paper = (!self.on_paper).then_some(Way::Paper);
        again.into_iter().chain(self.elsewhere(failure)).chain(paper).collect()
    }

    /// The first place that may take the record.
    fn elsewhere(&self, failure: Failure) -> Option<Way> {
        let device = |path: &Path| {
            let there = path.ancestors().find_map(|path| path.metadata().ok());
            there.map(|meta| meta.dev())
        };
        let ours = self.file.metadata().ok().map(|meta| meta.dev());
        // Another folder of the disk that fails is no way on.
        let usable = |place: &&Place| {
            !self.dir.path().starts_with(&place.root)
                && !self.refused.contains(&place.root)
                && (failure == Failure::Gone || device(&place.root) != ours)
        };
        let place = self.places.iter().find(usable);
        place.map(|place| Way::Elsewhere { to: place.root.clone(), volatile: place.volatile })
    }

    /// Copies what is durable to another folder of runs and goes on there; what is staged waits for the
    /// next commit. The run folder before and now, and what stayed behind.
    ///
    /// # Errors
    /// It cannot be written there either, or cannot be read here any more. Nothing is changed then.
    pub(super) fn move_to(&mut self, root: &Path) -> Result<Moved, Trouble> {
        let last = self.committed.map_or(Hash::NONE, |head| head.hash);
        let copied = moving::copy(
            &self.dir,
            &self.spare,
            self.bytes,
            last,
            (root, &self.origin),
            &self.holder,
        )
        .inspect_err(|_| self.refused.push(root.to_path_buf()))?;
        moving::Mark::Moved(root.to_path_buf()).write(&mut self.lock);
        let Copied { built, dir, left } = copied;
        // The old lock stays: nobody else may take up the old folder meanwhile.
        self.earlier_locks.push(std::mem::replace(&mut self.lock, built.lock));
        self.file = built.file;
        let from = std::mem::replace(&mut self.dir, dir);
        // It has failed once: the record does not come back to it.
        self.refused.extend(from.path().parent().map(Path::to_path_buf));
        self.failure = None;
        self.on_paper = false;
        self.ballast_freed = false;
        Ok(Moved { from: from.path().to_path_buf(), to: self.dir.path().to_path_buf(), left })
    }

    /// From here on a commit that fails is no trouble: the operator copies what is staged.
    pub(super) fn go_on_paper(&mut self) {
        self.on_paper = true;
        moving::Mark::Paper(self.committed.map_or(0, |head| head.seq + 1)).write(&mut self.lock);
    }

    /// True while events are on paper only.
    #[must_use]
    pub fn is_on_paper(&self) -> bool {
        self.on_paper
    }

    /// Everything of the run: what is durable, and what is only staged.
    #[must_use]
    pub fn all(&self) -> Vec<(u64, Event)> {
        let mut all = Vec::new();
        let record = self.spare.record(&self.dir, self.bytes).unwrap_or_default();
        let (seq, last) = self.committed.map_or((0, Hash::NONE), |head| (head.seq + 1, head.hash));
        let staged = self.staged.strip_prefix(b"\n").unwrap_or(&self.staged);
        for (lines, seq, last) in [(&*record, 0, Hash::NONE), (staged, seq, last)] {
            // Memory has no trouble that could end this early.
            let _ = scan::read_on(lines, seq, last, |seq, event| all.push((seq, event)));
        }
        all
    }

    /// True when the disk has no room for the files of one more attempt, and another place has: the step that
    /// is announced now could not be kept, although its announcement can.
    fn is_cramped(&self) -> bool {
        let room =
            rustix::fs::fstatvfs(&self.file).map_or(u64::MAX, |disk| disk.f_bavail * disk.f_frsize);
        let full = room < ROOM_FOR_AN_ATTEMPT;
        full && self.failure != Some(Failure::Full) && self.elsewhere(Failure::Full).is_some()
    }

    /// Writes what is staged; after a failure the file ends where it ended before.
    fn write(&mut self) -> io::Result<()> {
        if bug("short write ignored") {
            return self.file.write(&self.staged).map(drop);
        }
        let Err(error) = self.file.write_all(&self.staged) else { return Ok(()) };
        self.file.set_len(self.bytes)?;
        Err(error)
    }

    fn free_ballast(&mut self) {
        self.ballast_freed = true;
        folder::free_ballast(self.dir.path());
    }

    fn lost(&mut self, source: io::Error) -> Trouble {
        self.failure = Some(Failure::Lost);
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
