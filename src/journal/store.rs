//! Where runs live: creating, finding, reading and taking up a run.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io;
use std::path::{Path, PathBuf};

use super::append::Parts;
use super::building::{build, open_to_append};
use super::line::Hash;
use super::moving::{self, Mark};
use super::spare::Spare;
use super::{
    Condition, Head, Holder, Journal, Place, Read, Redact, RunDir, RunId, Trouble, folder, scan,
};
use crate::run::drive::Moved;
use crate::run::event::Event;

/// The folder of all runs.
#[derive(Clone, Debug)]
pub struct Store {
    root: PathBuf,
    /// The folder whose runs these are; another one than `root` only in a place to go on in.
    origin: PathBuf,
    /// Where a record may have gone on when its own disk failed.
    places: Vec<Place>,
    /// Runs that went on without a record may be taken up, to be closed.
    closes: bool,
}

/// A new run.
pub struct Created {
    /// Where its events go.
    pub journal: Journal,
    /// Its folder.
    pub dir: RunDir,
    /// The pinned files, name to SHA-256: for the first event.
    pub pinned: BTreeMap<String, String>,
}

/// A run taken up again.
pub struct Resumed {
    /// Where its events go.
    pub journal: Journal,
    /// Its folder.
    pub dir: RunDir,
    /// What was recorded so far.
    pub read: Read,
    /// A torn end that was cut off: record it with `recovered`.
    pub torn: Option<Torn>,
}

/// A torn end that was kept aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Torn {
    /// How many bytes.
    pub bytes: u64,
    /// The file they are in, below the run folder.
    pub kept_as: String,
}

impl Store {
    /// The store at `root`, which need not exist yet. Looks at nothing.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        let root = root.into();
        Self { origin: root.clone(), root, places: Vec::new(), closes: false }
    }

    /// The same store, which also knows where records go on when their own disk fails.
    #[must_use]
    pub fn with_places(mut self, places: Vec<Place>) -> Self {
        self.places = places;
        self
    }

    /// The same store, for closing runs: also those that went on without a record.
    #[must_use]
    pub fn to_close(mut self) -> Self {
        self.closes = true;
        self
    }

    /// Another folder of runs, with the same places to go on in.
    #[must_use]
    pub fn at(&self, place: &Place) -> Self {
        Self { root: place.root.clone(), ..self.clone() }
    }

    /// The places where a record may go on, first choice first; this store itself is none.
    pub fn places(&self) -> impl Iterator<Item = &Place> {
        self.places.iter().filter(|place| place.root != self.root)
    }

    /// The folder of all runs.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The repository that the store lies in, if any: an incident may end in `git reset`, so warn.
    #[must_use]
    pub fn inside_repository(&self) -> Option<&Path> {
        self.root.ancestors().find(|folder| folder.join(".git").exists())
    }

    /// Creates a run with copies of the files it goes by, given as name and bytes. It appears whole or
    /// not at all; its record is still empty.
    ///
    /// # Errors
    /// [`Trouble::Exists`]: try another id. [`Trouble::Folder`] and [`Trouble::Io`]: the store cannot be used.
    pub fn create(
        &self,
        id: &RunId,
        pinned: &[(String, Vec<u8>)],
        holder: &Holder,
        redact: Redact,
    ) -> Result<Created, Trouble> {
        let mut names = BTreeMap::new();
        let mut copies: Vec<(String, Vec<u8>)> = Vec::new();
        for (name, bytes) in pinned {
            let sha256 = Hash::of(bytes).hex();
            copies.push((folder::pinned_name(name, &sha256), bytes.clone()));
            names.insert(name.clone(), sha256);
        }
        let built = build(&self.root, id, holder, &copies, &[], &self.origin)?;
        let dir = RunDir::new(id.clone(), built.path);
        let parts = Parts {
            dir: dir.clone(),
            file: built.file,
            lock: built.lock,
            redact,
            holder: holder.clone(),
            spare: Spare::new(copies),
            origin: self.origin.clone(),
            places: self.places.clone(),
        };
        Ok(Created { journal: Journal::new(parts, 0, None), dir, pinned: names })
    }

    /// The ids of all runs, newest first: by their minute, then by when they were made. No store, no runs.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn list(&self) -> Result<Vec<RunId>, Trouble> {
        let ours = |place: &Place| {
            let mut ids = list_in(&place.root).unwrap_or_default();
            ids.retain(|id| folder::belongs_to(&place.root.join(id.as_str()), &self.origin));
            ids
        };
        let mut ids: Vec<RunId> = self.usable_places().flat_map(ours).collect();
        match list_in(&self.root) {
            Ok(here) => ids.extend(here),
            // A folder that cannot be read hides runs, but not those that went on elsewhere.
            Err(trouble) if ids.is_empty() => return Err(trouble),
            Err(_) => {}
        }
        ids.sort_unstable_by(|a, b| b.cmp(a));
        ids.dedup();
        // An id tells the minute; within one, the folders know which came later, if anything does.
        let made = |id: &RunId| self.dir(id).ok()?.path().metadata().ok()?.created().ok();
        ids.sort_by(|a, b| b.minute().cmp(a.minute()).then_with(|| made(b).cmp(&made(a))));
        Ok(ids)
    }

    /// Places that only we can have written to.
    fn usable_places(&self) -> impl Iterator<Item = &Place> {
        self.places().filter(|place| folder::check_own(&place.root).is_ok())
    }

    /// The run that `text` means: an id, the beginning of one, or its last part.
    ///
    /// # Errors
    /// [`Trouble::BadId`], [`Trouble::NoSuchRun`] or [`Trouble::Ambiguous`].
    pub fn find(&self, text: &str) -> Result<RunId, Trouble> {
        let asked = RunId::parse(text)?;
        let mut ids = self.list()?;
        if ids.contains(&asked) {
            return Ok(asked);
        }
        ids.retain(|id| id.answers_to(text));
        match ids.as_slice() {
            [] => Err(Trouble::NoSuchRun { asked: text.into() }),
            [only] => Ok(only.clone()),
            several => {
                let candidates = several.iter().take(5).map(ToString::to_string).collect();
                Err(Trouble::Ambiguous { asked: text.into(), candidates })
            }
        }
    }

    /// The folder of a run: where its record goes furthest, when it was moved.
    ///
    /// # Errors
    /// [`Trouble::NoSuchRun`], or [`Trouble::Folder`] for a link in its place.
    pub fn dir(&self, id: &RunId) -> Result<RunDir, Trouble> {
        let here = dir_in(&self.root, id);
        let mut all: Vec<RunDir> = self
            .usable_places()
            .filter_map(|place| dir_in(&place.root, id).ok())
            .filter(|dir| folder::belongs_to(dir.path(), &self.origin))
            .collect();
        if all.is_empty() {
            return here;
        }
        all.extend(here);
        if let [only] = all.as_slice() {
            return Ok(only.clone());
        }
        // The last of those that go equally far: the one here, unless it says that it went on elsewhere.
        let reach = |dir: &RunDir| {
            let events = scan::read_with(dir, |_, _| ()).map_or(0, |scan| scan.events);
            (events, !matches!(Mark::of(dir.path()), Some(Mark::Moved(_))))
        };
        let furthest = all.into_iter().max_by_key(reach);
        furthest.ok_or_else(|| Trouble::NoSuchRun { asked: id.to_string() })
    }

    /// Everything recorded of a run. Needs no lock and no free space.
    ///
    /// # Errors
    /// When a file cannot be read; faults of the record are told by [`Read::scan`].
    pub fn read(&self, id: &RunId) -> Result<Read, Trouble> {
        scan::read(&self.dir(id)?)
    }

    /// Who drives a run now, in words; `None` when nobody does.
    #[must_use]
    pub fn driver(&self, id: &RunId) -> Option<String> {
        folder::driver(self.dir(id).ok()?.path())
    }

    /// Takes a run up: locks it, reads its record, cuts off a torn end (kept aside).
    ///
    /// # Errors
    /// [`Trouble::Held`] when somebody drives it. [`Trouble::Damaged`], [`Trouble::EndMissing`] and
    /// [`Trouble::NewerFormat`]: nothing was changed. [`Trouble::Folder`] and [`Trouble::Io`] as for creating.
    pub fn resume(&self, id: &RunId, holder: &Holder, redact: Redact) -> Result<Resumed, Trouble> {
        let mut events = Vec::new();
        let each = |seq, event| events.push((seq, event));
        let mut resumed = self.resume_with(id, holder, redact, each)?;
        resumed.read.events = events;
        Ok(resumed)
    }

    /// As [`Self::resume`], handing each event out and keeping none: `read.events` stays empty. For
    /// records of any length in bounded memory.
    ///
    /// # Errors
    /// As [`Self::resume`]; events before a fault were handed out by then.
    pub fn resume_with(
        &self,
        id: &RunId,
        holder: &Holder,
        redact: Redact,
        each: impl FnMut(u64, Event),
    ) -> Result<Resumed, Trouble> {
        let dir = self.dir(id)?;
        folder::check_own(dir.path().parent().unwrap_or(&self.root))?;
        folder::check_own(dir.path())?;
        match Mark::of(dir.path()) {
            Some(Mark::Moved(to)) if !self.closes => {
                return Err(Trouble::MovedAway { run: id.clone(), to });
            }
            Some(Mark::Paper(since)) if !self.closes => {
                return Err(Trouble::OnPaper { run: id.clone(), since });
            }
            _ => {}
        }
        let lock = folder::lock(dir.path(), id, holder)?;
        let read = Read { events: Vec::new(), scan: scan::read_with(&dir, each)? };
        let torn = torn_bytes(id, &read.scan)?;
        let torn = torn.map(|bytes| {
            cut_torn(&dir, &read.scan, bytes).or_else(|_| {
                // The likeliest reason for a torn end is a full disk.
                folder::free_ballast(dir.path());
                cut_torn(&dir, &read.scan, bytes)
            })
        });
        let torn = torn.transpose()?;
        let file = open_to_append(&dir.journal(), false)?;
        folder::reserve(dir.path());
        let newest = read.scan.events.checked_sub(1).map(|seq| Head { seq, hash: read.scan.last });
        let parts = Parts {
            spare: Spare::of(&dir, read.scan.bytes),
            dir: dir.clone(),
            file,
            lock,
            redact,
            holder: holder.clone(),
            origin: self.origin.clone(),
            places: self.places.clone(),
        };
        let mut journal = Journal::new(parts, read.scan.bytes, newest);
        if read.scan.newline_owed {
            journal.owe_newline();
        }
        Ok(Resumed { journal, dir, read, torn })
    }

    /// Copies a run whose own folder cannot be written to `place`, to be taken up there. What was wrong with
    /// its record is refused as by [`Self::resume`]; a torn end stays behind. The folders before and now.
    ///
    /// # Errors
    /// As [`Self::resume`], and what keeps it from being copied.
    pub fn move_run(&self, id: &RunId, place: &Place, holder: &Holder) -> Result<Moved, Trouble> {
        let dir = self.dir(id)?;
        if let Some(holder) = folder::driver(dir.path()) {
            return Err(Trouble::Held { run: id.clone(), holder });
        }
        let scan = scan::read_with(&dir, |_, _| ())?;
        torn_bytes(id, &scan)?;
        let spare = Spare::of(&dir, scan.bytes);
        let from = dir.path().to_path_buf();
        match moving::copy(&dir, &spare, scan.bytes, scan.last, (&place.root, &self.origin), holder)
        {
            Ok(copied) => {
                Ok(Moved { from, to: copied.dir.path().to_path_buf(), left: copied.left })
            }
            // An earlier try came as far as this.
            Err(Trouble::Exists { .. }) => {
                let there = dir_in(&place.root, id)?;
                if scan::read_with(&there, |_, _| ())?.last != scan.last {
                    return Err(Trouble::Exists { run: id.clone() });
                }
                Ok(Moved { from, to: there.path().to_path_buf(), left: Vec::new() })
            }
            Err(trouble) => Err(trouble),
        }
    }
}

/// The bytes of a torn end, or why the record must not be gone on with.
fn torn_bytes(id: &RunId, scan: &scan::Scan) -> Result<Option<u64>, Trouble> {
    let run = id.clone();
    match &scan.condition {
        Condition::Clean => Ok(None),
        Condition::Torn { bytes } => Ok(Some(*bytes)),
        Condition::Damaged { line, what } => {
            Err(Trouble::Damaged { run, line: *line, what: what.clone() })
        }
        Condition::EndMissing { seen } => {
            Err(Trouble::EndMissing { run, records: scan.events, seen: *seen })
        }
        Condition::NewerFormat { found } => Err(Trouble::NewerFormat { run, found: *found }),
    }
}

/// The ids below a folder of runs.
fn list_in(root: &Path) -> Result<Vec<RunId>, Trouble> {
    let entries = match std::fs::read_dir(root) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(Trouble::io("list", root))?,
    };
    let mut ids = Vec::new();
    for entry in entries {
        let entry = entry.map_err(Trouble::io("list", root))?;
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let id = entry.file_name().to_str().and_then(|name| RunId::parse(name).ok());
        ids.extend(id.filter(|_| is_folder));
    }
    Ok(ids)
}

/// The folder of a run below a folder of runs.
fn dir_in(root: &Path, id: &RunId) -> Result<RunDir, Trouble> {
    let path = root.join(id.as_str());
    let meta = path.symlink_metadata().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Trouble::NoSuchRun { asked: id.to_string() },
        _ => Trouble::Io { doing: "open", path: path.clone(), source: error },
    })?;
    if !meta.is_dir() {
        let (why, hint) = ("it is not a folder", "move it away");
        return Err(Trouble::Folder { path, why, hint });
    }
    Ok(RunDir::new(id.clone(), path))
}

/// Copies the torn end into a file of its own, durable, and only then cuts it off.
fn cut_torn(dir: &RunDir, scan: &scan::Scan, bytes: u64) -> Result<Torn, Trouble> {
    use std::io::{Read as _, Seek as _, SeekFrom};
    let path = dir.journal();
    let mut file = folder::private(OpenOptions::new().read(true).write(true))
        .open(&path)
        .map_err(Trouble::io("open", &path))?;
    let mut tail = Vec::new();
    // A torn end is part of one commit; what a file system adds to it in zeros need not be kept.
    let most = 4 << 20;
    file.seek(SeekFrom::Start(scan.bytes))
        .and_then(|_| (&mut file).take(most).read_to_end(&mut tail))
        .map_err(Trouble::io("read", &path))?;
    let kept_as = format!("torn-{}.bin", scan.events);
    folder::replace(dir.path(), &kept_as, &tail)?;
    file.set_len(scan.bytes)
        .and_then(|()| file.sync_all())
        .map_err(Trouble::io("cut the torn end of", &path))?;
    Ok(Torn { bytes, kept_as })
}
