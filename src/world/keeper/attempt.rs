//! The folder of one attempt: who may run it, that it began, how it ended.
//!
//! `lock` is held as long as its keeper lives; `started` exists from before the command on, and whoever
//! creates it decides (the keeper, or a later driver who takes the attempt back); `exit.json` holds the
//! end. What these files say together is the verdict after a crash (durability design, "Shell steps").

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use serde::{Deserialize, Serialize};

use crate::effect::{EffectId, Facts, Output};
use crate::journal::Hash;
use crate::seeded::bug;
use crate::time::Span;

/// The folder of all attempts, below the run folder.
pub(super) const FOLDER: &str = "attempts";

const LOCK: &str = "lock";
const STARTED: &str = "started";
const EXIT: &str = "exit.json";

/// Bytes of an output that are told of an attempt whose end is not known.
const LAST_WORDS: u64 = 4 * 1024;

/// Longest file of ours that is read back.
const LONGEST: u64 = 32 << 20;

/// The name of an attempt's folder: its effect's number, and the attempt in words.
pub(super) fn name(id: EffectId, attempt: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' };
    let words: String = attempt.chars().take(100).map(safe).collect();
    format!("{:06}-{words}", id.0)
}

/// What `started` says.
#[derive(Serialize, Deserialize)]
pub(super) struct Started {
    /// The attempt.
    pub attempt: String,
    /// The socket of its keeper, below the run folder; none when the attempt was taken back.
    pub keeper: Option<String>,
}

/// What `exit.json` says.
#[derive(Serialize, Deserialize)]
struct Exit {
    attempt: String,
    output: Output,
}

/// The end of this attempt as the text of its `exit.json` has it; none when the text is not whole.
pub(super) fn end_in(text: &[u8], attempt: &str) -> Option<Output> {
    open_seal::<Exit>(text).filter(|exit| exit.attempt == attempt).map(|exit| exit.output)
}

/// Why an attempt cannot be begun.
#[derive(Debug)]
pub(super) enum Refused {
    /// Somebody else began it or took it back.
    Taken,
    /// Its beginning cannot be made durable.
    Disk(io::Error),
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}

/// An attempt that is ours to run. Its lock is held as long as this lives.
pub(super) struct Claim {
    folder: PathBuf,
    attempt: String,
    _lock: File,
}

impl Claim {
    /// Makes the attempt ours, durably, before its command begins.
    ///
    /// # Errors
    /// [`Refused::Taken`] or [`Refused::Disk`]; the command must not begin.
    pub(super) fn take(run_dir: &Path, attempt: &str, keeper: &str) -> Result<Self, Refused> {
        let folder = make(run_dir, attempt)?;
        let lock = private(OpenOptions::new().write(true).create(true)).open(folder.join(LOCK))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Refused::Taken),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        let claim = Self { folder, attempt: attempt.to_owned(), _lock: lock };
        if !bug("started after exec") {
            claim.begin(keeper)?;
        }
        Ok(claim)
    }

    /// Says durably that the command begins.
    pub(super) fn begin(&self, keeper: &str) -> Result<(), Refused> {
        let keeper = Some(keeper.to_owned());
        begin(&self.folder, &Started { attempt: self.attempt.clone(), keeper })
    }

    /// Makes the end durable. Nobody may hear of it before.
    ///
    /// # Errors
    /// The disk does not keep it; tell it anyway: it is true, it only does not survive us.
    pub(super) fn end(&self, output: &Output) -> io::Result<()> {
        let exit = Exit { attempt: self.attempt.clone(), output: output.clone() };
        let temporary = self.folder.join("exit.json.tmp");
        // One of an earlier try, on a full disk.
        let _ = std::fs::remove_file(&temporary);
        write_new(&temporary, &sealed(&exit)?)?;
        std::fs::rename(&temporary, self.folder.join(EXIT))?;
        sync_folder(&self.folder)
    }
}

/// What the files of an attempt say.
#[derive(Debug)]
pub(super) enum Found {
    /// It never began; it still could.
    NotStarted,
    /// It was taken back: it never began and cannot.
    TakenBack,
    /// Its keeper lives; the socket to reach it by, when that can be read.
    Running(Option<String>),
    /// It ended.
    Finished(Box<Output>),
    /// It began, its keeper is gone and left no end. What it said last.
    Unknown(Facts),
}

/// Looks what became of an attempt. Never takes a half-written file for a fact.
///
/// # Errors
/// A file is there and cannot be read: nothing can be concluded.
pub(super) fn find(run_dir: &Path, attempt: &str) -> io::Result<Found> {
    let folder = run_dir.join(FOLDER).join(attempt);
    // Before the others: a keeper that ends now has written its end before it lets go of the lock.
    let held = is_held(&folder.join(LOCK))?;
    if let Some(text) = content(&folder.join(EXIT))?
        && let Some(output) = end_in(&text, attempt)
    {
        return Ok(Found::Finished(Box::new(output)));
    }
    if !exists(&folder.join(STARTED))? {
        return Ok(Found::NotStarted);
    }
    let started = content(&folder.join(STARTED))?.and_then(|text| open_seal::<Started>(&text));
    let started = started.filter(|started| started.attempt == attempt);
    if held {
        return Ok(Found::Running(started.and_then(|started| started.keeper)));
    }
    match started {
        Some(Started { keeper: None, .. }) => Ok(Found::TakenBack),
        _ => Ok(Found::Unknown(last_words(&folder))),
    }
}

/// Takes an attempt back that never began: from here on nobody can begin it.
///
/// # Errors
/// [`Refused::Taken`]: its keeper was quicker; look again. [`Refused::Disk`]: it could still begin.
pub(super) fn revoke(run_dir: &Path, attempt: &str) -> Result<(), Refused> {
    let folder = make(run_dir, attempt)?;
    begin(&folder, &Started { attempt: attempt.to_owned(), keeper: None })
}

fn make(run_dir: &Path, attempt: &str) -> io::Result<PathBuf> {
    let all = run_dir.join(FOLDER);
    let folder = all.join(attempt);
    match DirBuilder::new().mode(0o700).create(&folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        made => made?,
    }
    Ok(folder)
}

/// Creates `started`, which only one can, and makes it durable with the names on the way to it. The file
/// goes first: where one sync of a file system carries all that was changed by then, the folders' are cheap.
fn begin(folder: &Path, started: &Started) -> Result<(), Refused> {
    match write_new(&folder.join(STARTED), &sealed(started)?) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(Refused::Taken),
        written => written?,
    }
    sync_folder(folder)?;
    Ok(folder.parent().map_or(Ok(()), sync_folder)?)
}

/// A document with its hash as the last field, over all bytes before it, as in the journal.
fn sealed(document: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec(document)?;
    bytes.pop();
    let hash = Hash::of(&bytes);
    bytes.extend_from_slice(SEAL);
    bytes.extend_from_slice(hash.hex().as_bytes());
    bytes.extend_from_slice(b"\"}\n");
    Ok(bytes)
}

const SEAL: &[u8] = b",\"hash\":\"";
const HEX: usize = 64;

/// What a file of ours holds; `None` when there is none.
fn content(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let file = match private(OpenOptions::new().read(true)).open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let mut bytes = Vec::new();
    file.take(LONGEST).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

/// The document in these bytes, when its seal is right.
fn open_seal<T: for<'de> Deserialize<'de>>(bytes: &[u8]) -> Option<T> {
    let rest = bytes.strip_suffix(b"\"}\n")?;
    let (rest, hex) = rest.split_at_checked(rest.len().checked_sub(HEX)?)?;
    let body = rest.strip_suffix(SEAL)?;
    if Hash::of(body) != Hash::parse(hex)? {
        return None;
    }
    let mut whole = body.to_vec();
    whole.push(b'}');
    serde_json::from_slice(&whole).ok()
}

/// True while a keeper holds the lock. The kernel frees it with the process.
fn is_held(path: &Path) -> io::Result<bool> {
    let file = match private(OpenOptions::new().read(true)).open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        file => file?,
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn exists(path: &Path) -> io::Result<bool> {
    match path.symlink_metadata() {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// The last lines that the streams have on disk, for a person who must decide.
fn last_words(folder: &Path) -> Facts {
    use std::io::{Seek as _, SeekFrom};
    let mut facts = Facts::new();
    for name in ["stdout", "stderr"] {
        let tail = || {
            let mut file = private(OpenOptions::new().read(true)).open(folder.join(name)).ok()?;
            let length = file.metadata().ok()?.len();
            file.seek(SeekFrom::Start(length.saturating_sub(LAST_WORDS))).ok()?;
            let mut bytes = Vec::new();
            file.take(LAST_WORDS).read_to_end(&mut bytes).ok()?;
            Some(String::from_utf8_lossy(&bytes).into_owned())
        };
        if let Some(text) = tail().filter(|text| !text.is_empty()) {
            facts.insert(name.to_owned(), text.into());
        }
    }
    facts
}

/// An output that ended without being seen, for one that has to be said without facts.
pub(super) fn bare(ending: crate::effect::Ending) -> Output {
    Output { ending, ..Output::done(Facts::new(), Span::ZERO) }
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = private(OpenOptions::new().write(true).create_new(true)).open(path)?;
    file.write_all(bytes)?;
    file.sync_data()
}

fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Never through a link, never waiting for a pipe, for nobody else to read.
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    options.mode(0o600).custom_flags(i32::try_from(flags.bits()).unwrap_or(0))
}

#[cfg(test)]
mod tests;
