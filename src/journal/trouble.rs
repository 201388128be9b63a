//! What can go wrong with the record, and what to do then.

use std::io;
use std::path::{Path, PathBuf};

use super::RunId;

/// Trouble with the record or its folder. Texts fit after "failed to"; [`Trouble::hint`] says what to do next.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// An id that may not be used in a path.
    #[error("use `{shown}` as a run id: ids are made of a-z, 0-9 and `-`")]
    BadId {
        /// What was given, shortened and escaped.
        shown: String,
    },
    /// No run answers to this.
    #[error("find run `{asked}`")]
    NoSuchRun {
        /// What was given.
        asked: String,
    },
    /// More than one run answers to this.
    #[error("tell which run `{asked}` means: {}", candidates.join(", "))]
    Ambiguous {
        /// What was given.
        asked: String,
        /// The newest few that match.
        candidates: Vec<String>,
    },
    /// There is a run of this name already.
    #[error("create run {run}: there is one of that name")]
    Exists {
        /// The run.
        run: RunId,
    },
    /// A folder that must not be used.
    #[error("use {}: {why}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// A clause about it.
        why: &'static str,
        /// What to do.
        hint: &'static str,
    },
    /// Another process drives this run.
    #[error("drive run {run}: {holder} is driving it")]
    Held {
        /// The run.
        run: RunId,
        /// Who, as far as the lock file tells.
        holder: String,
    },
    /// The record was damaged or edited.
    #[error("go on with run {run}: line {line} of its record {what}")]
    Damaged {
        /// The run.
        run: RunId,
        /// The line, from 1.
        line: u64,
        /// A clause about it.
        what: String,
    },
    /// The end of the record is missing.
    #[error(
        "go on with run {run}: its record ends after {records} events, but its last checkpoint saw {seen}"
    )]
    EndMissing {
        /// The run.
        run: RunId,
        /// Good events there are.
        records: u64,
        /// Events there were.
        seen: u64,
    },
    /// The record was written by a newer mayday.
    #[error(
        "read run {run}: its record has format {found}, this mayday reads up to {}",
        super::FORMAT
    )]
    NewerFormat {
        /// The run.
        run: RunId,
        /// Its format.
        found: u64,
    },
    /// An event that cannot be cut to fit.
    #[error("record `{kind}`: it does not fit into one record, however much its texts are cut")]
    TooBig {
        /// The event's type.
        kind: String,
    },
    /// No space for the next event, also after the reserve was freed. Nothing is half-written; the
    /// same commit may be tried again.
    #[error("write the record: no space left on its disk")]
    NoSpace {
        /// The cause.
        source: io::Error,
    },
    /// The record can no longer be trusted to reach the disk. No effect may start.
    #[error("write the record: its disk does not keep what is written")]
    Lost {
        /// The cause; absent when it was told before.
        source: Option<io::Error>,
    },
    /// The record's file was removed while it was written.
    #[error("write the record: {} was removed", path.display())]
    Gone {
        /// The file.
        path: PathBuf,
    },
    /// The record went on elsewhere, and is not there.
    #[error("go on with run {run}: its record went on in {}, and is not there now", to.display())]
    MovedAway {
        /// The run.
        run: RunId,
        /// The folder of runs.
        to: PathBuf,
    },
    /// The run went on without a record.
    #[error("go on with run {run}: from event {since} on it was copied by hand only")]
    OnPaper {
        /// The run.
        run: RunId,
        /// The first event that is not recorded.
        since: u64,
    },
    /// An event that has no text form.
    #[error("put an event into words")]
    Encode {
        /// The cause.
        source: io::Error,
    },
    /// Anything else about files.
    #[error("{doing} {}", path.display())]
    Io {
        /// What was being done: `open`, `create`, ...
        doing: &'static str,
        /// With what.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
}

impl Trouble {
    pub(super) fn encode(cause: impl Into<io::Error>) -> Self {
        Self::Encode { source: cause.into() }
    }

    /// Makes an [`Trouble::Io`], for `map_err`.
    pub(super) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { doing, path: path.to_owned(), source }
    }

    /// What to do next, a sentence; `None` when the text says it all.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        use io::ErrorKind as Kind;
        Some(match self {
            Self::BadId { .. } | Self::NoSuchRun { .. } => "`mayday runs` lists the runs there are".into(),
            Self::Ambiguous { .. } => "give more of the id".into(),
            Self::Folder { hint, .. } => (*hint).into(),
            Self::Held { run, .. } => {
                format!("watch it with `mayday status {run}`; the lock is free as soon as that process ends")
            }
            Self::Damaged { run, .. } | Self::EndMissing { run, .. } => {
                format!("nothing was changed; `mayday verify {run}` names every fault, `mayday report {run}` shows what is still good")
            }
            Self::NewerFormat { .. } => "use the mayday that wrote it, or a newer one".into(),
            Self::NoSpace { .. } => "free space on that disk, then go on: nothing was lost".into(),
            Self::Lost { .. } => {
                "nothing further was started; copy the run folder to a good disk, set MAYDAY_STATE_DIR to it and resume".into()
            }
            Self::Gone { .. } => "nothing further was started; leave the folders of a run alone while it is driven".into(),
            Self::MovedAway { run, .. } => format!("bring it back, or tell what happened since: `mayday report {run}` shows the part that is here, `mayday abort {run} --reason ...` closes it"),
            Self::OnPaper { run, .. } => format!("finish it by the paper, then close it: `mayday abort {run} --reason ...`; `mayday report {run}` shows the part that is recorded"),
            Self::TooBig { .. } => "keep large values as files and pass their names".into(),
            Self::Io { source, .. } => match source.kind() {
                Kind::PermissionDenied | Kind::ReadOnlyFilesystem => {
                    "set MAYDAY_STATE_DIR to a folder that you may write".into()
                }
                Kind::StorageFull | Kind::QuotaExceeded => {
                    "free space there, or set MAYDAY_STATE_DIR to a folder on another disk".into()
                }
                _ => return None,
            },
            Self::Exists { .. } | Self::Encode { .. } => return None,
        })
    }
}
