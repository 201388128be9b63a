//! Moving a record to another place while its own disk is in trouble.
//!
//! Owns what is copied: the verified record and the pinned files always, files of steps as far as that
//! works. The old folder is not changed but for a mark in its lock file: that the record went on elsewhere.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::building::{Built, build};
use super::spare::Spare;
use super::{Condition, Hash, Holder, RunDir, RunId, Trouble, folder, scan};

/// Most bytes of steps' files that are copied; the place may be memory.
const MOST: u64 = 64 << 20;

/// A run that was copied.
pub(super) struct Copied {
    pub built: Built,
    pub dir: RunDir,
    /// Files that stayed behind, relative to the run folder.
    pub left: Vec<String>,
}

/// Copies a run of the folder of runs `origin` to `root`. `bytes` of its record are good, the last of them with the hash `last`.
pub(super) fn copy(
    from: &RunDir,
    spare: &Spare,
    bytes: u64,
    last: Hash,
    (root, origin): (&Path, &Path),
    holder: &Holder,
) -> Result<Copied, Trouble> {
    let id = from.id();
    let record = spare.record(from, bytes)?;
    whole(id, &record, last)?;
    let built = build(root, id, holder, spare.pinned(), &record, origin)?;
    let dir = RunDir::new(id.clone(), built.path.clone());
    let left = copy_files(from.path(), dir.path());
    Ok(Copied { built, dir, left })
}

/// The copy must be what was acknowledged; a disk that fails may give back anything.
fn whole(id: &RunId, record: &[u8], last: Hash) -> Result<(), Trouble> {
    let found = scan::read_bytes(record, |_, _| ()).map_err(|source| Trouble::Io {
        doing: "read",
        path: PathBuf::from(folder::JOURNAL),
        source,
    })?;
    if found.condition == Condition::Clean && found.last == last {
        return Ok(());
    }
    let what = "is not what was recorded: the disk gives back something else".to_owned();
    Err(Trouble::Damaged { run: id.clone(), line: found.events + 1, what })
}

/// Copies what steps left, within [`MOST`]; the names of what was not copied.
fn copy_files(from: &Path, to: &Path) -> Vec<String> {
    let mut left = Vec::new();
    let mut room = MOST;
    for name in [folder::EVIDENCE, folder::ATTEMPTS, folder::REPORTS] {
        copy_below(from, to, name, &mut room, &mut left);
    }
    left.sort_unstable();
    left
}

fn copy_below(from: &Path, to: &Path, name: &str, room: &mut u64, left: &mut Vec<String>) {
    let Ok(entries) = std::fs::read_dir(from.join(name)) else {
        return left.push(format!("{name}/"));
    };
    for entry in entries.flatten() {
        let name = format!("{name}/{}", entry.file_name().to_string_lossy());
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let copied = if is_folder {
            folder::create_folder(&to.join(&name))
                .map(|()| copy_below(from, to, &name, room, left))
                .is_ok()
        } else {
            copy_file(&from.join(&name), &to.join(&name), room).is_ok()
        };
        if !copied {
            left.push(name);
        }
    }
}

fn copy_file(from: &Path, to: &Path, room: &mut u64) -> io::Result<()> {
    let mut file = folder::open_to_read(from)?;
    let size = file.metadata()?.len();
    *room = room.checked_sub(size).ok_or(io::ErrorKind::FileTooLarge)?;
    let mut bytes = Vec::new();
    (&mut file).take(size).read_to_end(&mut bytes)?;
    folder::create_synced(to, &bytes).map_err(|trouble| {
        // Half a file is no file.
        let _ = std::fs::remove_file(to);
        io::Error::other(trouble)
    })
}

/// What a lock file says about a record that did not go on where it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// It went on in this folder of runs.
    Moved(PathBuf),
    /// It went on only on paper, from this event on.
    Paper(u64),
}

impl Mark {
    /// Writes it into a lock file, in place: that needs no space. Without it the old record looks as if
    /// it had just stopped; a disk that takes nothing at all does not take this either.
    pub(super) fn write(&self, lock: &mut File) {
        let words = match self {
            Self::Moved(to) => format!("!moved {}", to.display()),
            Self::Paper(seq) => format!("!paper {seq}"),
        };
        let _ = folder::overwrite(lock, &words);
        let _ = lock.sync_all();
    }

    /// The mark of a run folder.
    pub(super) fn of(folder: &Path) -> Option<Self> {
        let words = folder::read_small(&folder.join(folder::LOCK)).ok()??;
        let words = String::from_utf8(words).ok()?;
        let (kind, rest) = words.strip_prefix('!')?.split_once(' ')?;
        match kind {
            "moved" => Some(Self::Moved(PathBuf::from(rest))),
            "paper" => rest.parse().ok().map(Self::Paper),
            _ => None,
        }
    }
}
