//! Where runs live: creating, finding, reading and taking up a run.

use std::collections::BTreeMap;
use std::fs::{DirBuilder, OpenOptions};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use super::line::Hash;
use super::{Condition, Head, Holder, Journal, Read, Redact, RunDir, RunId, Trouble, folder, scan};
use crate::run::event::Event;

/// The folder of all runs.
#[derive(Clone, Debug)]
pub struct Store {
    root: PathBuf,
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
        Self { root: root.into() }
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
        let in_root = Trouble::io("create", &self.root);
        DirBuilder::new().recursive(true).mode(0o700).create(&self.root).or_else(|error| {
            // A link or a file in its place is told below, in better words.
            if self.root.symlink_metadata().is_ok() { Ok(()) } else { Err(in_root(error)) }
        })?;
        folder::check_own(&self.root)?;
        let target = self.root.join(id.as_str());
        if target.symlink_metadata().is_ok() {
            return Err(Trouble::Exists { run: id.clone() });
        }
        // No id begins with a dot: what a crash leaves of this is never taken for a run.
        let building = self.root.join(format!(".new-{id}-{}", std::process::id()));
        folder::create_folder(&building)?;
        for name in [folder::PINNED, folder::ATTEMPTS, folder::EVIDENCE, folder::REPORTS] {
            folder::create_folder(&building.join(name))?;
        }
        let mut names = BTreeMap::new();
        for (name, bytes) in pinned {
            let sha256 = Hash::of(bytes).hex();
            let path = building.join(folder::PINNED).join(folder::pinned_name(name, &sha256));
            // Two names with the same end and the same bytes share a copy.
            if path.symlink_metadata().is_err() {
                folder::create_synced(&path, bytes)?;
            }
            names.insert(name.clone(), sha256);
        }
        folder::sync_folder(&building.join(folder::PINNED))?;
        let lock = folder::lock(&building, id, holder)?;
        let file = open_to_append(&building.join(folder::JOURNAL), true)?;
        folder::reserve(&building);
        folder::sync_folder(&building)?;
        std::fs::rename(&building, &target).map_err(|error| match error.kind() {
            io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::AlreadyExists => {
                Trouble::Exists { run: id.clone() }
            }
            _ => Trouble::Io { doing: "create", path: target.clone(), source: error },
        })?;
        folder::sync_folder(&self.root)?;
        let dir = RunDir::new(id.clone(), target);
        let journal = Journal::new(dir.clone(), file, lock, redact, 0, None);
        Ok(Created { journal, dir, pinned: names })
    }

    /// The ids of all runs, newest first (ids begin with their date). No store means no runs.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn list(&self) -> Result<Vec<RunId>, Trouble> {
        let entries = match std::fs::read_dir(&self.root) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(Trouble::io("list", &self.root))?,
        };
        let mut ids = Vec::new();
        for entry in entries {
            let entry = entry.map_err(Trouble::io("list", &self.root))?;
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            let id = entry.file_name().to_str().and_then(|name| RunId::parse(name).ok());
            ids.extend(id.filter(|_| is_folder));
        }
        ids.sort_unstable_by(|a, b| b.cmp(a));
        Ok(ids)
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

    /// The folder of a run.
    ///
    /// # Errors
    /// [`Trouble::NoSuchRun`], or [`Trouble::Folder`] for a link in its place.
    pub fn dir(&self, id: &RunId) -> Result<RunDir, Trouble> {
        let path = self.root.join(id.as_str());
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
        folder::check_own(&self.root)?;
        folder::check_own(dir.path())?;
        let lock = folder::lock(dir.path(), id, holder)?;
        let read = Read { events: Vec::new(), scan: scan::read_with(&dir, each)? };
        let run = id.clone();
        let torn = match &read.scan.condition {
            Condition::Clean => None,
            Condition::Torn { bytes } => Some(*bytes),
            Condition::Damaged { line, what } => {
                return Err(Trouble::Damaged { run, line: *line, what: what.clone() });
            }
            Condition::EndMissing { seen } => {
                return Err(Trouble::EndMissing { run, records: read.scan.events, seen: *seen });
            }
            Condition::NewerFormat { found } => {
                return Err(Trouble::NewerFormat { run, found: *found });
            }
        };
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
        let mut journal = Journal::new(dir.clone(), file, lock, redact, read.scan.bytes, newest);
        if read.scan.newline_owed {
            journal.owe_newline();
        }
        Ok(Resumed { journal, dir, read, torn })
    }
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

fn open_to_append(path: &Path, new: bool) -> Result<std::fs::File, Trouble> {
    folder::private(OpenOptions::new().append(true).create_new(new))
        .open(path)
        .map_err(Trouble::io(if new { "create" } else { "open" }, path))
}
