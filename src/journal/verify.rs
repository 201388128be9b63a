//! Checking a run folder against itself: the record, its head, the pinned files and the evidence.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read as _};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::head::HeadFile;
use super::line::Hash;
use super::{Condition, Head, RunDir, Scan, Trouble, folder, scan};
use crate::effect::Evidence;
use crate::run::event::{Event, Kind, Opened};

/// How much a finding means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Worth knowing; nothing recorded is in doubt.
    Note,
    /// What was recorded is not what is there.
    Broken,
}

/// One thing found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How much it means.
    pub weight: Weight,
    /// A full sentence.
    pub text: String,
}

/// The result of checking a run.
#[derive(Clone, Debug)]
pub struct Verification {
    /// Good events, all before any fault.
    pub events: u64,
    /// The newest good event, for comparison with what was shown or printed elsewhere.
    pub head: Option<Head>,
    /// The run was closed.
    pub closed: bool,
    /// Pinned files that are what they were.
    pub pinned: usize,
    /// Evidence files that are what they were.
    pub evidence: usize,
    /// Everything to say, in the order found.
    pub findings: Vec<Finding>,
}

impl Verification {
    /// True when everything there is what was recorded.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.findings.iter().all(|finding| finding.weight == Weight::Note)
    }
}

/// Checks a run. Needs no lock and no free space; changes nothing.
///
/// # Errors
/// Only when the record itself cannot be read at all.
pub fn verify(dir: &RunDir) -> Result<Verification, Trouble> {
    let mut check = Check::default();
    let found = scan::read_with(dir, |seq, event| check.event(dir, seq, &event))?;
    for (seq, kept) in std::mem::take(&mut check.kept) {
        check.evidence(dir, seq, &kept);
    }
    check.record(dir, &found);
    check.unlisted(dir, folder::PINNED);
    check.unlisted(dir, folder::EVIDENCE);
    Ok(Verification {
        events: found.events,
        head: found.events.checked_sub(1).map(|seq| Head { seq, hash: found.last }),
        closed: check.closed,
        pinned: check.pinned,
        evidence: check.evidence,
        findings: check.findings,
    })
}

#[derive(Default)]
struct Check {
    closed: bool,
    pinned: usize,
    evidence: usize,
    /// Paths below the run folder that the record names.
    listed: BTreeSet<String>,
    /// Evidence, looked at when the whole record is known: with the events that name it.
    kept: Vec<(u64, Evidence)>,
    /// Files that stayed behind when the record was moved, with the folder they stayed in.
    left: BTreeMap<String, String>,
    findings: Vec<Finding>,
}

impl Check {
    fn note(&mut self, text: impl Into<String>) {
        self.findings.push(Finding { weight: Weight::Note, text: text.into() });
    }

    fn broken(&mut self, text: impl Into<String>) {
        self.findings.push(Finding { weight: Weight::Broken, text: text.into() });
    }

    fn event(&mut self, dir: &RunDir, seq: u64, event: &Event) {
        match &event.kind {
            Kind::Opened(opened) if seq == 0 => self.opened(dir, opened),
            Kind::Opened(_) => self.broken(format!("Event {seq} opens the run a second time.")),
            _ if seq == 0 => self.broken("The record does not begin with the opening of the run."),
            Kind::Closed { .. } => self.closed = true,
            Kind::Recovered { kept_as, .. }
                if !folder::below(dir.path(), kept_as).is_some_and(|path| path.is_file()) =>
            {
                self.note(format!("Event {seq} keeps a torn end in {kept_as}, which is gone."));
            }
            Kind::RecordMoved { from, left, .. } => {
                self.note(format!("Event {seq} brought the record here from {from}."));
                for name in left {
                    self.left.insert(name.clone(), from.clone());
                }
            }
            Kind::Unrecorded { .. } => {
                self.note(format!("From event {seq} on events were copied by hand for a while."));
            }
            Kind::Ended { evidence, .. }
            | Kind::Checked { evidence, .. }
            | Kind::Noted { files: evidence, .. } => {
                self.kept.extend(evidence.iter().map(|kept| (seq, kept.clone())));
            }
            _ => {}
        }
    }

    fn opened(&mut self, dir: &RunDir, opened: &Opened) {
        if opened.run != dir.id().as_str() {
            self.broken(format!("The record is that of run {}, not of {}.", opened.run, dir.id()));
        }
        for (name, sha256) in &opened.pinned {
            let path = dir.pinned(name, sha256);
            self.listed.insert(format!("{}/{}", folder::PINNED, folder::pinned_name(name, sha256)));
            match hash_file(&path) {
                Ok((_, found)) if found.hex() == *sha256 => self.pinned += 1,
                Ok(_) => self.broken(format!("The pinned copy of {name} was changed.")),
                Err(error) => {
                    self.broken(format!("The pinned copy of {name} cannot be read: {error}."));
                }
            }
        }
    }

    fn evidence(&mut self, dir: &RunDir, seq: u64, kept: &Evidence) {
        let name = &kept.path;
        let Some(path) = folder::below(dir.path(), name) else {
            return self.broken(format!("Event {seq} names evidence outside the run: {name}."));
        };
        self.listed.insert(name.clone());
        // What stayed behind when the record was moved counts where it is.
        let behind = self.left_in(name).filter(|_| !path.exists());
        let path = behind.map_or(path, |folder| Path::new(folder).join(name));
        match hash_file(&path) {
            Ok((bytes, _)) if bytes != kept.bytes => self.broken(format!(
                "The evidence {name} of event {seq} was changed: it has {bytes} bytes, not {}.",
                kept.bytes
            )),
            Ok((_, found)) if found.hex() == kept.sha256 => self.evidence += 1,
            Ok(_) => self.broken(format!("The evidence {name} of event {seq} was changed.")),
            Err(error) => {
                self.broken(format!("The evidence {name} of event {seq} cannot be read: {error}."));
            }
        }
    }

    fn record(&mut self, dir: &RunDir, found: &Scan) {
        let good = found.events;
        match &found.condition {
            Condition::Clean if good == 0 => self.note("The record is empty: the run never began."),
            Condition::Clean => {}
            Condition::Torn { bytes } => match folder::driver(dir.path()) {
                Some(driver) => {
                    self.note(format!("The last line is being written: {driver} is driving."));
                }
                None => self.note(format!(
                    "A crash cut the last write short: {bytes} bytes behind event {good_last}. \
                     Nothing that was acted on is missing; resuming keeps the bytes aside.",
                    good_last = good.saturating_sub(1),
                )),
            },
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
        match found.head {
            HeadFile::Damaged => self.broken(
                "The head file is damaged: whether the end of the record was cut off cannot be told from it.",
            ),
            // Also what a crash between the last event and its checkpoint leaves.
            HeadFile::Absent if self.closed => self.note(
                "There is no head file: compare the record's hash with one that was shown or printed.",
            ),
            HeadFile::Absent | HeadFile::Says(_) => {}
        }
    }

    /// The folder in which a file stayed, by itself or with a folder around it.
    fn left_in(&self, name: &str) -> Option<&String> {
        let around =
            |(left, _): &(&String, &String)| left.ends_with('/') && name.starts_with(*left);
        self.left.get(name).or_else(|| self.left.iter().find(around).map(|(_, folder)| folder))
    }

    /// True for a file that the record names, and for a folder with such a file.
    fn lists(&self, name: &str) -> bool {
        let within = format!("{name}/");
        self.listed.contains(name)
            || self
                .listed
                .range(within.clone()..)
                .next()
                .is_some_and(|path| path.starts_with(&within))
    }

    /// Files beside those that the record names: a crash may leave one, so they are only noted.
    fn unlisted(&mut self, dir: &RunDir, sub: &str) {
        let Ok(entries) = std::fs::read_dir(dir.path().join(sub)) else {
            return self.broken(format!("The folder {sub} is gone."));
        };
        let mut names: Vec<_> = entries
            .flatten()
            .map(|entry| format!("{sub}/{}", entry.file_name().to_string_lossy()))
            .filter(|name| !self.lists(name))
            .collect();
        names.sort_unstable();
        for name in names {
            self.note(format!("The record does not name {}.", name.escape_debug()));
        }
    }
}

/// Size and SHA-256 of a file, in bounded memory.
fn hash_file(path: &Path) -> io::Result<(u64, Hash)> {
    let mut file = folder::open_to_read(path)?;
    let mut digest = Sha256::new();
    let mut block = vec![0; 1 << 16];
    let mut bytes = 0;
    loop {
        let length = file.read(&mut block)?;
        if length == 0 {
            return Ok((bytes, Hash::finish(digest)));
        }
        digest.update(&block[..length]);
        bytes += u64::try_from(length).unwrap_or(0);
    }
}
