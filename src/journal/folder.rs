//! The run folder: its names, and files that are private, synced, and never reached through a link.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Component, Path, PathBuf};

use rustix::fs::{FallocateFlags, OFlags};

use super::line::Hash;
use super::{RunId, Trouble};
use crate::seeded::bug;
use crate::time::Timestamp;

pub(super) const LOCK: &str = "lock";
pub(super) const JOURNAL: &str = "journal.jsonl";
pub(super) const HEAD: &str = "head";
pub(super) const BALLAST: &str = "ballast";
/// In a run folder that is not where its runs are kept: the folder of runs that it belongs to.
pub(super) const FROM: &str = "from";
pub(super) const PINNED: &str = "pinned";
pub(super) const ATTEMPTS: &str = "attempts";
pub(super) const EVIDENCE: &str = "evidence";
pub(super) const REPORTS: &str = "reports";

/// Space kept back for the end of a run on a full disk, in bytes: some thousand events.
const BALLAST_BYTES: u64 = 1 << 20;

/// Largest head or lock file that is read, in bytes.
const SMALL: u64 = 4096;

/// The folder of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunDir {
    id: RunId,
    path: PathBuf,
}

impl RunDir {
    pub(super) fn new(id: RunId, path: PathBuf) -> Self {
        Self { id, path }
    }

    /// The run.
    #[must_use]
    pub fn id(&self) -> &RunId {
        &self.id
    }

    /// The folder itself; evidence is named relative to it.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// One folder for each attempt that needs one.
    #[must_use]
    pub fn attempts(&self) -> PathBuf {
        self.path.join(ATTEMPTS)
    }

    /// Files that steps left for the record.
    #[must_use]
    pub fn evidence(&self) -> PathBuf {
        self.path.join(EVIDENCE)
    }

    /// Post-mortems.
    #[must_use]
    pub fn reports(&self) -> PathBuf {
        self.path.join(REPORTS)
    }

    /// The record itself.
    #[must_use]
    pub fn journal(&self) -> PathBuf {
        self.path.join(JOURNAL)
    }

    /// Where the pinned copy of a file lies, by its name and SHA-256 as the first event lists them.
    #[must_use]
    pub fn pinned(&self, name: &str, sha256: &str) -> PathBuf {
        self.path.join(PINNED).join(pinned_name(name, sha256))
    }

    /// The bytes of a pinned file, checked against the hash that the first event lists.
    ///
    /// # Errors
    /// When it cannot be read, or is not what was pinned.
    pub fn read_pinned(&self, name: &str, sha256: &str) -> Result<Vec<u8>, Trouble> {
        let path = self.pinned(name, sha256);
        let mut bytes = Vec::new();
        let mut file = open_to_read(&path).map_err(Trouble::io("open", &path))?;
        file.read_to_end(&mut bytes).map_err(Trouble::io("read", &path))?;
        if Hash::of(&bytes).hex() == sha256 {
            return Ok(bytes);
        }
        let changed = io::Error::new(io::ErrorKind::InvalidData, "it is not what was pinned");
        Err(Trouble::Io { doing: "use", path, source: changed })
    }
}

/// `3f2a9c81d0b4-data-loss.yaml`: unique by content, readable by its end.
pub(super) fn pinned_name(name: &str, sha256: &str) -> String {
    let base = name.rsplit('/').next().unwrap_or(name);
    let safe = |char: char| char.is_ascii_alphanumeric() || matches!(char, '.' | '-' | '_');
    let base: String = base.chars().take(80).map(|c| if safe(c) { c } else { '_' }).collect();
    let start: String = sha256.chars().filter(char::is_ascii_hexdigit).take(12).collect();
    format!("{start}-{base}")
}

/// Who drives a run, for the message that a second driver gets.
#[derive(Clone, Debug)]
pub struct Holder {
    /// The operator's name.
    pub operator: String,
    /// Since when.
    pub since: Timestamp,
}

/// Takes the lock of a run for as long as the file stays open. The kernel frees it with the process.
pub(super) fn lock(folder: &Path, id: &RunId, holder: &Holder) -> Result<File, Trouble> {
    let path = folder.join(LOCK);
    let mut file = private(OpenOptions::new().read(true).write(true).create(true))
        .open(&path)
        .map_err(Trouble::io("open", &path))?;
    if bug("pid-file lock")
        && OpenOptions::new().write(true).create_new(true).open(folder.join("pid")).is_err()
    {
        return Err(Trouble::Held { run: id.clone(), holder: who_holds(&mut file) });
    }
    // `status` looks at the lock by taking it for a moment; a driver outwaits that.
    let mut tries = 20;
    while let Err(refused) = file.try_lock() {
        match refused {
            TryLockError::WouldBlock if tries > 0 => tries -= 1,
            TryLockError::WouldBlock => {
                return Err(Trouble::Held { run: id.clone(), holder: who_holds(&mut file) });
            }
            TryLockError::Error(source) => {
                return Err(Trouble::Io { doing: "lock", path, source });
            }
        }
        let pause = rustix::event::Timespec { tv_sec: 0, tv_nsec: 5_000_000 };
        // An early end of this wait only makes the tries fewer milliseconds apart.
        let _ = rustix::event::poll(&mut [], Some(&pause));
    }
    say_who_holds(&mut file, holder);
    Ok(file)
}

/// Who drives, for a message only: a full disk must not keep anybody from driving.
pub(super) fn say_who_holds(lock: &mut File, holder: &Holder) {
    let words =
        format!("{}, process {}, since {}", holder.operator, std::process::id(), holder.since);
    let _ = overwrite(lock, &words);
}

/// Replaces the words of a lock file without giving its space back first.
pub(super) fn overwrite(file: &mut File, words: &str) -> io::Result<()> {
    file.rewind()?;
    file.write_all(words.as_bytes())?;
    file.set_len(u64::try_from(words.len()).unwrap_or(0))
}

/// Who drives the run now, in words; `None` when nobody does.
pub(super) fn driver(folder: &Path) -> Option<String> {
    let mut file = open_to_read(&folder.join(LOCK)).ok()?;
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => Some(who_holds(&mut file)),
        Ok(()) | Err(TryLockError::Error(_)) => None,
    }
}

fn who_holds(file: &mut File) -> String {
    let mut words = Vec::new();
    let _ = file.rewind().and_then(|()| file.take(SMALL).read_to_end(&mut words));
    let words = String::from_utf8_lossy(&words);
    let words: String = words.chars().filter(|char| !char.is_control()).take(200).collect();
    if words.trim().is_empty() { "another process".into() } else { words }
}

/// True when a folder in another place is one of the runs of `origin`. One without a word on that is
/// taken for one: somebody has copied it there.
pub(super) fn belongs_to(folder: &Path, origin: &Path) -> bool {
    let from = read_small(&folder.join(FROM)).ok().flatten();
    from.is_none_or(|from| from == origin.as_os_str().as_bytes())
}

/// Reserves the ballast, also where an earlier driver had to use it up. Without it a full disk stops
/// the run a little earlier.
pub(super) fn reserve(folder: &Path) {
    if let Ok(file) =
        private(OpenOptions::new().write(true).create(true)).open(folder.join(BALLAST))
    {
        let _ = rustix::fs::fallocate(&file, FallocateFlags::empty(), 0, BALLAST_BYTES);
    }
}

/// Gives the space that a run's folder holds back for a full disk back to the disk.
pub fn free_ballast(folder: &Path) {
    // When it is gone already, whoever needs the space finds out.
    let _ = std::fs::remove_file(folder.join(BALLAST));
}

/// Options that never follow a link in the last place, never wait for a pipe, and create with mode 0600.
pub(super) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    options.mode(0o600).custom_flags(i32::try_from(flags.bits()).unwrap_or(0))
}

/// Opens a regular file for reading.
pub(super) fn open_to_read(path: &Path) -> io::Result<File> {
    let file = private(OpenOptions::new().read(true)).open(path)?;
    if file.metadata()?.is_file() {
        return Ok(file);
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"))
}

/// The content of a small file of ours, at most 4 KiB of it; `None` when there is none.
pub(super) fn read_small(path: &Path) -> Result<Option<Vec<u8>>, Trouble> {
    let file = match open_to_read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file.map_err(Trouble::io("open", path))?,
    };
    let mut bytes = Vec::new();
    file.take(SMALL).read_to_end(&mut bytes).map_err(Trouble::io("read", path))?;
    Ok(Some(bytes))
}

/// Creates a file that was not there, and syncs it.
pub(super) fn create_synced(path: &Path, bytes: &[u8]) -> Result<(), Trouble> {
    create_written(path, bytes)?.sync_all().map_err(Trouble::io("sync", path))
}

/// Creates a file that was not there; it is still to be synced.
pub(super) fn create_written(path: &Path, bytes: &[u8]) -> Result<File, Trouble> {
    let mut file = private(OpenOptions::new().write(true).create_new(true))
        .open(path)
        .map_err(Trouble::io("create", path))?;
    file.write_all(bytes).map_err(Trouble::io("write", path))?;
    Ok(file)
}

/// Replaces `name` in `folder` in one step; two syncs.
pub(super) fn replace(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), Trouble> {
    let temporary = folder.join(format!("{name}.tmp"));
    match std::fs::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(Trouble::Io { doing: "remove", path: temporary, source: error });
        }
        _ => {}
    }
    create_synced(&temporary, bytes)?;
    let path = folder.join(name);
    std::fs::rename(&temporary, &path).map_err(Trouble::io("replace", &path))?;
    sync_folder(folder)
}

/// Makes the names in a folder durable.
pub(super) fn sync_folder(path: &Path) -> Result<(), Trouble> {
    if bug("no directory fsync") {
        return Ok(());
    }
    File::open(path).and_then(|folder| folder.sync_all()).map_err(Trouble::io("sync", path))
}

/// Creates one folder that only we may enter.
pub(super) fn create_folder(path: &Path) -> Result<(), Trouble> {
    DirBuilder::new().mode(0o700).create(path).map_err(Trouble::io("create", path))
}

/// Refuses a folder that others could change under us.
pub(super) fn check_own(path: &Path) -> Result<(), Trouble> {
    let refuse = |why, hint| Err(Trouble::Folder { path: path.to_owned(), why, hint });
    let meta = path.symlink_metadata().map_err(Trouble::io("open", path))?;
    if meta.is_symlink() {
        return refuse(
            "it is a symbolic link",
            "set MAYDAY_STATE_DIR to the folder that it points to",
        );
    }
    if !meta.is_dir() {
        return refuse("it is not a folder", "move it away, or set MAYDAY_STATE_DIR to a folder");
    }
    if meta.uid() != rustix::process::geteuid().as_raw() {
        return refuse(
            "it belongs to another user",
            "work as that user, or set MAYDAY_STATE_DIR to a folder of your own",
        );
    }
    if meta.mode() & 0o022 != 0 {
        return refuse(
            "others may write to it",
            "run `chmod go-w` on it, or set MAYDAY_STATE_DIR to a folder of your own",
        );
    }
    Ok(())
}

/// A path from the record, below the run folder; `None` when it would lead out of it.
pub(super) fn below(folder: &Path, path: &str) -> Option<PathBuf> {
    let path = Path::new(path);
    let inside = path.components().all(|part| matches!(part, Component::Normal(_)));
    (inside && path.components().next().is_some()).then(|| folder.join(path))
}
