//! The inbox of a run: slips that other terminals leave for whoever has the record.
//!
//! Owns the folder `inbox/` below the run's folder: a slip appears there whole and durable or not at all, is
//! read in the order of its name, and is removed only when what it says is durable elsewhere. What is removed
//! too late is told by its name, which the record keeps. Knows nothing of what slips say.

use std::collections::BTreeSet;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, fchown};
use std::path::{Path, PathBuf};

use rustix::event::{PollFd, PollFlags};
use rustix::fd::OwnedFd;
use rustix::fs::{OFlags, inotify};

use super::evidence::EvidenceSink;
use crate::effect::Evidence;
use crate::secret::Redactor;
use crate::time::{Span, Timestamp};

/// The folder below the run's folder.
const FOLDER: &str = "inbox";

/// What the name of a slip ends with; what belongs to it begins with its name.
const SLIP: &str = ".slip";

/// A slip that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Its name: unique, and in the order of when they were written.
    pub id: String,
    /// What it says.
    pub text: String,
    /// The files that came with it, kept with the run.
    pub files: Vec<Evidence>,
}

/// Writes a slip with copies of files, durably. Its name.
///
/// # Errors
/// The folder or a file cannot be written, or a file cannot be read.
pub fn leave(
    run_dir: &Path,
    text: &str,
    files: &[PathBuf],
    (now, boot): (Timestamp, Span),
) -> io::Result<String> {
    let folder = folder(run_dir)?;
    let id = format!("{:015}-{}-{}", now.millis(), std::process::id(), boot.millis());
    for (place, file) in files.iter().enumerate() {
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned());
        let copy = folder.join(format!("{id}.{place}.{}", name.unwrap_or_default()));
        let mut source = open(file)?;
        let mut copy = private(&copy)?;
        io::copy(&mut source, &mut copy)?;
        hand_over(run_dir, &copy)?;
        copy.sync_all()?;
    }
    let hidden = folder.join(format!(".{id}"));
    let mut slip = private(&hidden)?;
    slip.write_all(text.as_bytes())?;
    hand_over(run_dir, &slip)?;
    slip.sync_all()?;
    std::fs::rename(&hidden, folder.join(format!("{id}{SLIP}")))?;
    File::open(&folder)?.sync_all()?;
    Ok(id)
}

/// True while a slip waits for whoever has the record.
#[must_use]
pub fn waits(run_dir: &Path, id: &str) -> bool {
    run_dir.join(FOLDER).join(format!("{id}{SLIP}")).symlink_metadata().is_ok()
}

/// The names of the slips that wait, in order.
#[must_use]
pub fn waiting(run_dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(run_dir.join(FOLDER)).into_iter().flatten().flatten();
    let name = |entry: std::fs::DirEntry| {
        let name = entry.file_name().into_string().ok()?;
        Some(name.strip_suffix(SLIP).filter(|id| !id.starts_with('.'))?.to_owned())
    };
    let mut ids: Vec<String> = entries.filter_map(name).collect();
    ids.sort();
    ids
}

/// Takes a slip up: what it says, and its files kept with the run.
fn take(run_dir: &Path, id: &str, redactor: &Redactor) -> io::Result<Found> {
    let folder = run_dir.join(FOLDER);
    let mut text = String::new();
    let most = crate::run::slip::LARGEST as u64 * 2;
    open(&folder.join(format!("{id}{SLIP}")))?.take(most).read_to_string(&mut text)?;
    let mut files = Vec::new();
    for path in belongings(&folder, id) {
        let sink = EvidenceSink::new(run_dir, "note");
        files.extend(sink.keep_file(&path, redactor));
    }
    for file in &mut files {
        // Its own name, without what made it unique among slips.
        file.what = file.what.splitn(3, '.').last().unwrap_or("file").to_owned();
    }
    Ok(Found { id: id.to_owned(), text, files })
}

/// Every slip that waits, taken up. One that cannot be read says so itself.
#[must_use]
pub fn take_all(run_dir: &Path, redactor: &Redactor, but: &BTreeSet<String>) -> Vec<Found> {
    let ids = waiting(run_dir).into_iter().filter(|id| !but.contains(id));
    let one = |id: String| match take(run_dir, &id, redactor) {
        Ok(found) => Some(found),
        // Another one was faster.
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => Some(Found { id, text: format!("unreadable: {error}"), files: Vec::new() }),
    };
    ids.filter_map(one).collect()
}

/// Removes a slip: what it says is on the record.
pub fn done(run_dir: &Path, id: &str) {
    let folder = run_dir.join(FOLDER);
    // What stays is found again, and told by its name.
    let _ = std::fs::remove_file(folder.join(format!("{id}{SLIP}")));
    for path in belongings(&folder, id) {
        let _ = std::fs::remove_file(path);
    }
}

/// The files that came with a slip, in order.
fn belongings(folder: &Path, id: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let begins = format!("{id}.");
    let ours = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| name.starts_with(&begins) && name != format!("{id}{SLIP}"))
    };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(ours).collect();
    paths.sort();
    paths
}

/// The folder, made when it is missing.
fn folder(run_dir: &Path) -> io::Result<PathBuf> {
    let folder = run_dir.join(FOLDER);
    match DirBuilder::new().mode(0o700).create(&folder) {
        Ok(()) => {
            hand_over(run_dir, &File::open(&folder)?)?;
            File::open(run_dir)?.sync_all()?;
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error),
    }
    Ok(folder)
}

/// What root leaves in somebody's run is theirs to read.
fn hand_over(run_dir: &Path, file: &File) -> io::Result<()> {
    let (owner, ours) = (run_dir.metadata()?, file.metadata()?);
    if owner.uid() == ours.uid() {
        return Ok(());
    }
    fchown(file, Some(owner.uid()), Some(owner.gid()))
}

fn flags() -> i32 {
    i32::try_from((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits()).unwrap_or(0)
}

fn private(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).custom_flags(flags()).open(path)
}

fn open(path: &Path) -> io::Result<File> {
    let nonblock = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or(0);
    let file = OpenOptions::new().read(true).custom_flags(nonblock).open(path)?;
    if file.metadata()?.is_file() {
        return Ok(file);
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"))
}

/// Watches the inbox of a run that is driven.
pub(super) struct Watch {
    run_dir: PathBuf,
    /// Tells of a new slip at once. Without it the folder is looked at from time to time.
    bell: Option<OwnedFd>,
    /// Something may be there that nobody has looked at.
    look: bool,
    /// Handed on, and not yet durable.
    handed: BTreeSet<String>,
}

impl Watch {
    pub(super) fn over(run_dir: &Path) -> Self {
        let bell = folder(run_dir).and_then(|folder| {
            let bell =
                inotify::init(inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK)?;
            inotify::add_watch(&bell, &folder, inotify::WatchFlags::MOVED_TO)?;
            Ok(bell)
        });
        Self {
            run_dir: run_dir.to_path_buf(),
            bell: bell.ok(),
            look: true,
            handed: BTreeSet::new(),
        }
    }

    /// What the loop waits for.
    pub(super) fn poll_fd<'a>(&'a self, fds: &mut Vec<PollFd<'a>>) {
        fds.extend(self.bell.as_ref().map(|bell| PollFd::new(bell, PollFlags::IN)));
    }

    /// True when nothing tells of a new slip.
    pub(super) const fn is_deaf(&self) -> bool {
        self.bell.is_none()
    }

    /// New slips, in order.
    pub(super) fn collect(&mut self, redactor: impl FnOnce() -> Redactor) -> Vec<Found> {
        let mut events = [0_u8; 4096];
        if let Some(bell) = &self.bell {
            while rustix::io::read(bell, &mut events).is_ok_and(|count| count > 0) {
                self.look = true;
            }
        }
        if !std::mem::replace(&mut self.look, self.bell.is_none()) {
            return Vec::new();
        }
        if waiting(&self.run_dir).iter().all(|id| self.handed.contains(id)) {
            return Vec::new();
        }
        let found = take_all(&self.run_dir, &redactor(), &self.handed);
        self.handed.extend(found.iter().map(|found| found.id.clone()));
        found
    }

    pub(super) fn done(&mut self, id: &str) {
        if self.handed.remove(id) {
            done(&self.run_dir, id);
        }
    }
}
