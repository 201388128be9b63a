//! A pack checked against itself, on any machine: its list, every hash, and the record's own chain.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::super::head::{self, HeadFile};
use super::super::line::Hash;
use super::super::{Condition, Finding, Head, Verification, Weight, folder, scan};
use super::open::{Pack, PackTrouble, no_pack};
use super::{MANIFEST, Manifest, PACK_VERSION, SUMS, sums};
use crate::effect::Evidence;
use crate::run::event::{Event, Kind};

/// Largest list of files that is read, in bytes: one of 65,534 files takes less.
const LARGEST_LIST: u64 = 32 << 20;
/// Largest record that is read, in bytes.
const LARGEST_RECORD: u64 = 1 << 30;

/// What a look at a pack found.
#[derive(Clone, Debug)]
pub struct PackFound {
    /// The run it is of.
    pub run: String,
    /// Files whose hash is the one in the list.
    pub files: usize,
    /// As for a run's folder.
    pub verification: Verification,
}

/// Checks a pack: the archive, or the folder that it was unpacked to. Writes nothing, asks nobody.
///
/// # Errors
/// It cannot be read, is no pack, or a newer mayday wrote it. What is wrong inside is told as findings.
pub fn verify_pack(path: &Path) -> Result<PackFound, PackTrouble> {
    let mut pack = Pack::open(path)?;
    let words = text(&mut pack, MANIFEST, LARGEST_LIST)?
        .ok_or_else(|| no_pack(path, format!("it holds no {MANIFEST}")))?;
    let manifest: Manifest = serde_json::from_slice(&words)
        .map_err(|error| no_pack(path, format!("its {MANIFEST} cannot be read: {error}")))?;
    if manifest.pack_version > PACK_VERSION {
        return Err(PackTrouble::Newer { path: path.to_owned(), found: manifest.pack_version });
    }
    let mut found = Found::default();
    if pack.top.as_ref().is_some_and(|top| *top != manifest.run) {
        found.broken(format!("The pack's folder is not named after run {}.", manifest.run));
    }
    let listed = found.files(&mut pack, &manifest)?;
    let own = String::from_utf8_lossy(&words).into_owned();
    match text(&mut pack, SUMS, LARGEST_LIST)? {
        Some(told) if told == sums(&manifest, &own).as_bytes() => {}
        Some(_) => found.broken(format!("{SUMS} does not say what {MANIFEST} says.")),
        None => found.broken(format!("{SUMS} is gone.")),
    }
    let verification = found.record(&mut pack, &manifest, &listed)?;
    Ok(PackFound { run: manifest.run, files: listed.len(), verification })
}

fn text(pack: &mut Pack, name: &str, most: u64) -> Result<Option<Vec<u8>>, PackTrouble> {
    pack.read(name, |content| {
        let mut bytes = Vec::new();
        content.take(most + 1).read_to_end(&mut bytes)?;
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > most {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(bytes)
    })
}

fn hash(content: &mut dyn Read) -> io::Result<(u64, Hash)> {
    let mut digest = Sha256::new();
    let mut block = vec![0; 1 << 16];
    let mut bytes = 0;
    loop {
        let length = content.read(&mut block)?;
        if length == 0 {
            return Ok((bytes, Hash::finish(digest)));
        }
        digest.update(&block[..length]);
        bytes += u64::try_from(length).unwrap_or(0);
    }
}

#[derive(Default)]
struct Found {
    findings: Vec<Finding>,
}

impl Found {
    fn broken(&mut self, text: impl Into<String>) {
        self.findings.push(Finding { weight: Weight::Broken, text: text.into() });
    }

    fn note(&mut self, text: impl Into<String>) {
        self.findings.push(Finding { weight: Weight::Note, text: text.into() });
    }

    /// Every file against the list. Hash and length of those that are what it says.
    fn files(
        &mut self,
        pack: &mut Pack,
        manifest: &Manifest,
    ) -> Result<BTreeMap<String, (u64, String)>, PackTrouble> {
        let mut good = BTreeMap::new();
        let mut expected = BTreeMap::new();
        for file in &manifest.files {
            if expected.insert(file.path.as_str(), file).is_some() {
                self.broken(format!("The list names {} twice.", file.path.escape_debug()));
            }
        }
        for name in pack.names() {
            if !expected.contains_key(name.as_str()) && name != MANIFEST && name != SUMS {
                self.broken(format!("{} is not in the list of the pack.", name.escape_debug()));
            }
        }
        for (name, file) in expected {
            match pack.read(name, hash)? {
                None => self.broken(format!("{} is gone.", name.escape_debug())),
                Some((bytes, hash)) if bytes == file.bytes && hash.hex() == file.sha256 => {
                    good.insert(name.to_owned(), (bytes, hash.hex()));
                }
                Some(_) => self.broken(format!("{} was changed.", name.escape_debug())),
            }
        }
        Ok(good)
    }

    /// The record against its chain, its head, and what the pack's list says of it.
    fn record(
        mut self,
        pack: &mut Pack,
        manifest: &Manifest,
        files: &BTreeMap<String, (u64, String)>,
    ) -> Result<Verification, PackTrouble> {
        let Some(record) = text(pack, folder::JOURNAL, LARGEST_RECORD)? else {
            return Err(no_pack(&pack.path, "it holds no record".to_owned()));
        };
        let head = text(pack, folder::HEAD, 4096)?.map_or(HeadFile::Absent, |text| head::of(&text));
        let mut named: Vec<(u64, Named)> = Vec::new();
        let mut left: Vec<String> = Vec::new();
        let mut closed = false;
        let mut run = String::new();
        let scan = scan::read_packed(&record, head, |seq, event| {
            if let Kind::Opened(opened) = &event.kind {
                run.clone_from(&opened.run);
            }
            match &event.kind {
                Kind::RecordMoved { from, left: stayed, .. } => {
                    left.extend(stayed.iter().cloned());
                    self.note(format!(
                        "Event {seq} brought the record on from {}.",
                        from.escape_debug()
                    ));
                }
                Kind::Unrecorded { .. } => {
                    self.note(format!(
                        "From event {seq} on events were copied by hand for a while."
                    ));
                }
                _ => {}
            }
            closed |= matches!(event.kind, Kind::Closed { .. });
            named.extend(named_by(event).into_iter().map(|named| (seq, named)));
        });
        let scan = scan.map_err(|source| PackTrouble::Io { path: pack.path.clone(), source })?;
        if run != manifest.run {
            self.broken(format!("The record is that of run {run}, not of {}.", manifest.run));
        }
        let (mut pinned, mut evidence) = (0, 0);
        for (seq, Named { path, sha256, bytes }) in named {
            match files.get(&path) {
                Some((length, hash))
                    if *hash == sha256 && bytes.is_none_or(|bytes| bytes == *length) =>
                {
                    if bytes.is_some() { evidence += 1 } else { pinned += 1 }
                }
                Some(_) => self
                    .broken(format!("{} is not what event {seq} says it is.", path.escape_debug())),
                None if manifest.missing.contains(&path) && stayed(&left, &path) => {
                    self.note(format!(
                        "{}, which event {seq} names, stayed behind when the record was moved, and is not in the pack.",
                        path.escape_debug()
                    ));
                }
                None => self.broken(format!(
                    "{}, which event {seq} names, is not in the pack.",
                    path.escape_debug()
                )),
            }
        }
        self.condition(&scan.condition, scan.events);
        if scan.events != manifest.events || scan.last.hex() != manifest.head {
            self.broken("The record does not end where the list of the pack says it ends.");
        }
        if head == HeadFile::Damaged {
            self.broken("The head file is damaged.");
        }
        Ok(Verification {
            events: scan.events,
            head: scan.events.checked_sub(1).map(|seq| Head { seq, hash: scan.last }),
            closed,
            pinned,
            evidence,
            findings: self.findings,
        })
    }

    fn condition(&mut self, condition: &Condition, good: u64) {
        match condition {
            Condition::Clean => {}
            Condition::Torn { bytes } => self.note(format!(
                "A crash cut the last write short: {bytes} bytes behind the last event. Nothing that was acted on is missing."
            )),
            Condition::Damaged { line, what } => self.broken(format!(
                "Line {line} of the record {what}. The {good} events before it are good."
            )),
            Condition::EndMissing { seen } => self.broken(format!(
                "The end of the record was cut off: it has {good} events, its last checkpoint saw {seen}."
            )),
            Condition::NewerFormat { found } => self.broken(format!(
                "The record has format {found}, which this mayday cannot read; a newer one can."
            )),
        }
    }
}

/// Whether a file is one of those that stayed in the folder that the record was moved from.
fn stayed(left: &[String], path: &str) -> bool {
    left.iter().any(|left| left == path || (left.ends_with('/') && path.starts_with(left)))
}

/// A file that an event names; pinned ones have no length.
struct Named {
    path: String,
    sha256: String,
    bytes: Option<u64>,
}

fn named_by(event: Event) -> Vec<Named> {
    let kept =
        |kept: Evidence| Named { path: kept.path, sha256: kept.sha256, bytes: Some(kept.bytes) };
    match event.kind {
        Kind::Opened(opened) => {
            let pinned = opened.pinned.into_iter().map(|(name, sha256)| Named {
                path: format!("{}/{}", folder::PINNED, folder::pinned_name(&name, &sha256)),
                sha256,
                bytes: None,
            });
            pinned.collect()
        }
        Kind::Ended { evidence, .. }
        | Kind::Checked { evidence, .. }
        | Kind::Noted { files: evidence, .. } => evidence.into_iter().map(kept).collect(),
        _ => Vec::new(),
    }
}
