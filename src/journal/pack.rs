//! The evidence pack: a run in one file that any machine can open, and that proves itself.
//!
//! Owns what is in it, how it is written (at once or not at all, the same bytes for the same run) and what
//! [`verify_pack()`] holds it to. Reports come in as bytes: what they say is not the record's business.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::line::Hash;
use super::{Condition, RunDir, Scan, Trouble, folder, scan};
use crate::run::event::{Event, Kind};

mod check;
mod open;
mod zip;

pub use check::{PackFound, verify_pack};
pub use open::PackTrouble;

/// Version of the pack's shape. Raised when an older mayday would misjudge a pack.
pub const PACK_VERSION: u32 = 1;

const MANIFEST: &str = "manifest.json";
const SUMS: &str = "SHA256SUMS";

/// What a pack holds, with the hashes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// [`PACK_VERSION`] of whoever wrote it.
    pub pack_version: u32,
    /// The run.
    pub run: String,
    /// The version of mayday that wrote the pack.
    pub mayday: String,
    /// Good events of the record.
    pub events: u64,
    /// SHA-256 of the newest one.
    pub head: String,
    /// Every file but this one and `SHA256SUMS`, by path.
    pub files: Vec<Packed>,
    /// What the record names and could not be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
}

/// A file of a pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packed {
    /// Its path below the folder of the pack, with `/`.
    pub path: String,
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256.
    pub sha256: String,
}

/// What is there already when a pack is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// It stays, and nothing is written.
    Keep,
    /// The pack takes its place.
    Replace,
}

/// Writes the pack of a run to a file. `reports` are names below `reports/` and what they hold.
///
/// # Errors
/// The record cannot be read, or the file cannot be written; then there is no file, or the one that was there.
pub fn pack(
    dir: &RunDir,
    reports: &[(String, Vec<u8>)],
    to: &Path,
    existing: Existing,
) -> Result<Manifest, Trouble> {
    let trouble = |doing| Trouble::io(doing, to);
    if existing == Existing::Keep && to.symlink_metadata().is_ok() {
        return Err(trouble("create")(io::ErrorKind::AlreadyExists.into()));
    }
    let mut named = Named::default();
    // Before the record: one that grows is then never shorter than its head says.
    let head = folder::read_small(&dir.path().join(folder::HEAD))?;
    let found = scan::read_with(dir, |_, event| names(dir, &event, &mut named))?;
    named.paths.sort();
    named.paths.dedup();
    let name = to.file_name().unwrap_or_default().to_string_lossy();
    let beside = to.with_file_name(format!(".{name}.{}", std::process::id()));
    // Left by a process of this number that was killed.
    let _ = std::fs::remove_file(&beside);
    let written = folder::private(OpenOptions::new().read(true).write(true).create_new(true))
        .open(&beside)
        .map_err(Trouble::io("create", &beside))
        .and_then(|file| {
            let manifest = fill(dir, &found, head.as_deref(), &named, reports, file)?;
            put(&beside, to, existing).map_err(trouble("write"))?;
            Ok(manifest)
        });
    let _ = std::fs::remove_file(&beside);
    written
}

/// In its place in one step. Without a word to replace, what is there wins, also what came there just now.
fn put(from: &Path, to: &Path, existing: Existing) -> io::Result<()> {
    let within = to.parent().filter(|parent| !parent.as_os_str().is_empty());
    match existing {
        Existing::Replace => std::fs::rename(from, to)?,
        Existing::Keep => match std::fs::hard_link(from, to) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(error),
            Ok(()) => {}
            // A file system without links; what came there since is looked for once more.
            Err(_) if to.symlink_metadata().is_ok() => {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            Err(_) => std::fs::rename(from, to)?,
        },
    }
    File::open(within.unwrap_or(Path::new("."))).and_then(|folder| folder.sync_all())
}

/// What the record names.
#[derive(Default)]
struct Named {
    /// Paths below the folder of the run, which are those in the pack.
    paths: Vec<String>,
    /// What stayed in another folder when the record was moved: a file, or with a `/` at its end all below it.
    left: Vec<(String, PathBuf)>,
}

impl Named {
    /// Where a file is, when it is not in the folder of the run.
    fn behind(&self, name: &str) -> Option<PathBuf> {
        let around = |left: &str| left == name || (left.ends_with('/') && name.starts_with(left));
        let (_, folder) = self.left.iter().rev().find(|(left, _)| around(left))?;
        folder::below(folder, name)
    }
}

/// The files that an event names: path in the pack.
fn names(dir: &RunDir, event: &Event, named: &mut Named) {
    match &event.kind {
        Kind::Opened(opened) => {
            let pinned = opened.pinned.iter();
            named.paths.extend(pinned.map(|(name, sha256)| {
                format!("{}/{}", folder::PINNED, folder::pinned_name(name, sha256))
            }));
        }
        Kind::Ended { evidence, .. }
        | Kind::Checked { evidence, .. }
        | Kind::Noted { files: evidence, .. } => {
            let within = |path: &&String| folder::below(dir.path(), path).is_some();
            named.paths.extend(evidence.iter().map(|kept| &kept.path).filter(within).cloned());
        }
        Kind::RecordMoved { from, left, .. } => {
            named.left.extend(left.iter().map(|name| (name.clone(), PathBuf::from(from))));
        }
        _ => {}
    }
}

fn fill(
    dir: &RunDir,
    found: &Scan,
    head: Option<&[u8]>,
    named: &Named,
    reports: &[(String, Vec<u8>)],
    file: File,
) -> Result<Manifest, Trouble> {
    let top = dir.id().as_str();
    let write =
        |source| Trouble::Io { doing: "write the pack of", path: dir.path().to_owned(), source };
    let mut archive = zip::Writer::new(file);
    let mut manifest = Manifest {
        pack_version: PACK_VERSION,
        run: top.to_owned(),
        mayday: env!("CARGO_PKG_VERSION").to_owned(),
        events: found.events,
        head: found.last.hex(),
        files: Vec::new(),
        missing: Vec::new(),
    };
    // A record that grows is packed as far as it was read; a damaged one whole, with its damage.
    let driven = folder::driver(dir.path()).is_some();
    let most = if driven || found.condition == Condition::Clean { found.bytes } else { u64::MAX };
    if let Some(head) = head {
        let name = folder::HEAD.to_owned();
        let (bytes, sha256) = archive.add(&format!("{top}/{name}"), head).map_err(write)?;
        manifest.files.push(Packed { path: name, bytes, sha256: sha256.hex() });
    }
    let own = std::iter::once((folder::JOURNAL.to_owned(), most));
    for (name, most) in own.chain(named.paths.iter().map(|name| (name.clone(), u64::MAX))) {
        let places = [folder::below(dir.path(), &name), named.behind(&name)];
        let mut places = places.into_iter().flatten();
        let Some(content) = places.find_map(|path| folder::open_to_read(&path).ok()) else {
            manifest.missing.push(name);
            continue;
        };
        let (bytes, sha256) =
            archive.add(&format!("{top}/{name}"), io::Read::take(content, most)).map_err(write)?;
        manifest.files.push(Packed { path: name, bytes, sha256: sha256.hex() });
    }
    for (name, content) in reports {
        let name = format!("{}/{name}", folder::REPORTS);
        let (bytes, sha256) =
            archive.add(&format!("{top}/{name}"), content.as_slice()).map_err(write)?;
        manifest.files.push(Packed { path: name, bytes, sha256: sha256.hex() });
    }
    manifest.files.sort_by(|a, b| a.path.cmp(&b.path));
    let words = format!("{}\n", serde_json::to_string_pretty(&manifest).unwrap_or_default());
    archive.add(&format!("{top}/{MANIFEST}"), words.as_bytes()).map_err(write)?;
    archive.add(&format!("{top}/{SUMS}"), sums(&manifest, &words).as_bytes()).map_err(write)?;
    archive.finish().and_then(|file| file.sync_all()).map_err(write)?;
    Ok(manifest)
}

/// What `sha256sum -c SHA256SUMS` reads, for who has no mayday.
fn sums(manifest: &Manifest, words: &str) -> String {
    let own = (Hash::of(words.as_bytes()).hex(), MANIFEST.to_owned());
    let files = manifest.files.iter().map(|file| (file.sha256.clone(), file.path.clone()));
    let lines: Vec<String> =
        files.chain([own]).map(|(hash, path)| format!("{hash}  {path}\n")).collect();
    lines.concat()
}
