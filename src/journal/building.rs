//! Building a run folder: under a temporary name, synced, and then there in one step.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use super::{Holder, RunId, Trouble, folder};

/// The folders of every run.
const FOLDERS: [&str; 4] = [folder::PINNED, folder::ATTEMPTS, folder::EVIDENCE, folder::REPORTS];

/// A run folder that is there.
pub(super) struct Built {
    pub path: PathBuf,
    pub lock: File,
    /// The record, open for appending.
    pub file: File,
}

/// Builds the folder of a run below `root` with these pinned files, named as on disk, and this record. It
/// appears whole or not at all, and says so when its runs are kept elsewhere, in `origin`.
pub(super) fn build(
    root: &Path,
    id: &RunId,
    holder: &Holder,
    pinned: &[(String, Vec<u8>)],
    record: &[u8],
    origin: &Path,
) -> Result<Built, Trouble> {
    let in_root = Trouble::io("create", root);
    DirBuilder::new().recursive(true).mode(0o700).create(root).or_else(|error| {
        // A link or a file in its place is told below, in better words.
        if root.symlink_metadata().is_ok() { Ok(()) } else { Err(in_root(error)) }
    })?;
    folder::check_own(root)?;
    let target = root.join(id.as_str());
    if target.symlink_metadata().is_ok() {
        return Err(Trouble::Exists { run: id.clone() });
    }
    // No id begins with a dot: what a crash leaves of this is never taken for a run.
    let building = root.join(format!(".new-{id}-{}", std::process::id()));
    folder::create_folder(&building)?;
    fill(&building, id, holder, pinned, record)
        .and_then(|made| {
            if origin != root {
                let from = building.join(folder::FROM);
                folder::create_synced(&from, origin.as_os_str().as_bytes())?;
            }
            folder::sync_folder(&building)?;
            Ok(made)
        })
        .and_then(|(lock, file)| {
            std::fs::rename(&building, &target).map_err(|error| match error.kind() {
                io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::AlreadyExists => {
                    Trouble::Exists { run: id.clone() }
                }
                _ => Trouble::Io { doing: "create", path: target.clone(), source: error },
            })?;
            Ok((lock, file))
        })
        .inspect_err(|_| clear(&building))
        .and_then(|(lock, file)| {
            folder::sync_folder(root)?;
            Ok(Built { path: target, lock, file })
        })
}

fn fill(
    building: &Path,
    id: &RunId,
    holder: &Holder,
    pinned: &[(String, Vec<u8>)],
    record: &[u8],
) -> Result<(File, File), Trouble> {
    for name in FOLDERS {
        folder::create_folder(&building.join(name))?;
    }
    let mut written = Vec::new();
    for (name, bytes) in pinned {
        let path = building.join(folder::PINNED).join(name);
        // Two names with the same end and the same bytes share a copy.
        if path.symlink_metadata().is_err() {
            written.push((folder::create_written(&path, bytes)?, path));
        }
    }
    let lock = folder::lock(building, id, holder)?;
    let path = building.join(folder::JOURNAL);
    if record.is_empty() {
        open_to_append(&path, true)?;
    } else {
        written.push((folder::create_written(&path, record)?, path.clone()));
    }
    let file = open_to_append(&path, false)?;
    folder::reserve(building);
    // After the last of them: where one sync of a file system carries all that was written by then, only the
    // first one takes its time.
    for (file, path) in written {
        file.sync_all().map_err(Trouble::io("sync", &path))?;
    }
    folder::sync_folder(&building.join(folder::PINNED))?;
    Ok((lock, file))
}

pub(super) fn open_to_append(path: &Path, new: bool) -> Result<File, Trouble> {
    folder::private(OpenOptions::new().append(true).create_new(new))
        .open(path)
        .map_err(Trouble::io(if new { "create" } else { "open" }, path))
}

/// Takes away what a failure left half-built: it would keep the space that somebody needs. By name, one
/// by one; whatever resists stays.
fn clear(building: &Path) {
    for name in FOLDERS {
        let folder = building.join(name);
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let _ = std::fs::remove_file(entry.path());
        }
        let _ = std::fs::remove_dir(folder);
    }
    for name in [folder::LOCK, folder::JOURNAL, folder::BALLAST, folder::FROM] {
        let _ = std::fs::remove_file(building.join(name));
    }
    let _ = std::fs::remove_dir(building);
}
