//! What mayday and the keeper say to each other.
//!
//! Values of secrets travel here and nowhere else: over a pair of sockets that only the two hold, or a
//! socket in the run's folder that only its owner can reach.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::effect::Output;
use crate::time::Span;

/// From mayday.
#[derive(Serialize, Deserialize)]
pub(super) enum Order {
    /// A secret to hide in everything from here on.
    Secret { name: String, value: String },
    /// Run a command.
    Start(Box<Start>),
    /// Go on telling about a command that an earlier driver started.
    Attach { id: u64 },
    /// End it: TERM, later KILL. Asked again: KILL now.
    Cancel { id: u64 },
    /// The driver is stopped (Ctrl-Z): commands stand still; or it goes on after so long.
    Pause { for_so_long: Option<Span> },
    /// So many of its lines have arrived.
    Seen { id: u64, lines: u64 },
}

/// A command with everything resolved.
#[derive(Serialize, Deserialize)]
pub(super) struct Start {
    pub id: u64,
    /// The run's folder.
    #[serde(with = "raw")]
    pub run_dir: PathBuf,
    /// The folder of the attempt, below `attempts/`.
    pub attempt: String,
    pub argv: Vec<String>,
    pub env: Vec<(String, Variable)>,
    #[serde(with = "raw_all")]
    pub path: Vec<PathBuf>,
    #[serde(with = "raw")]
    pub cwd: PathBuf,
    pub time_limit: Span,
    pub kill_after: Span,
    pub withhold: bool,
}

/// The value of a variable.
#[derive(Serialize, Deserialize)]
pub(super) enum Variable {
    Plain(String),
    Secret(String),
}

/// From the keeper.
#[derive(Serialize, Deserialize)]
pub(super) enum Word {
    /// A line of output, redacted and made safe for a screen.
    Line { id: u64, text: String },
    /// It knows no such command: its files tell.
    Absent { id: u64 },
    /// It ended, and its end is on disk.
    Done { id: u64, output: Box<Output> },
}

/// A path as its bytes: it need not be text, and a message that cannot be written starts nothing.
mod raw {
    use std::ffi::OsString;
    use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
    use std::path::{Path, PathBuf};

    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    pub(super) fn bytes(path: &Path) -> &[u8] {
        path.as_os_str().as_bytes()
    }

    pub(super) fn path(bytes: Vec<u8>) -> PathBuf {
        OsString::from_vec(bytes).into()
    }

    pub(super) fn serialize<S: Serializer>(path: &Path, to: S) -> Result<S::Ok, S::Error> {
        bytes(path).serialize(to)
    }

    pub(super) fn deserialize<'d, D: Deserializer<'d>>(from: D) -> Result<PathBuf, D::Error> {
        Vec::deserialize(from).map(path)
    }
}

/// The same for several.
mod raw_all {
    use std::path::PathBuf;

    use serde::{Deserialize as _, Deserializer, Serializer};

    use super::raw;

    pub(super) fn serialize<S: Serializer>(paths: &[PathBuf], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(paths.iter().map(|path| raw::bytes(path)))
    }

    pub(super) fn deserialize<'d, D: Deserializer<'d>>(from: D) -> Result<Vec<PathBuf>, D::Error> {
        let all: Vec<Vec<u8>> = Vec::deserialize(from)?;
        Ok(all.into_iter().map(raw::path).collect())
    }
}
