//! What the world is asked about an effect that was announced and whose end nobody recorded.

use std::path::PathBuf;

use serde_json::Value;

use super::Target;
use crate::time::Span;

/// What became of an effect that was announced, and whose end nobody recorded.
#[derive(Clone, Debug)]
pub enum Recover {
    /// A command under the keeper.
    Command(RecoverCommand),
    /// A transaction whose COMMIT may or may not have arrived.
    Sql(RecoverSql),
}

/// Looks for an attempt of a command. Ends with the true end of the command once there is one (a
/// command that still runs is waited for, and its lines arrive), with [`super::Ending::NotDone`] when it never
/// began and now never will, or with [`super::Ending::Unknown`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecoverCommand {
    /// As [`super::ProcessEffect::attempt`] was.
    pub attempt: String,
    /// Folders that the run had before its record was moved: the attempt may have begun there.
    pub folders: Vec<PathBuf>,
}

/// Asks a database what became of a transaction. Ends with the fact `committed: true`, with
/// [`super::Ending::NotDone`] when it was rolled back, or with [`super::Ending::Unknown`].
#[derive(Clone, Debug)]
pub struct RecoverSql {
    /// Where.
    pub target: Target,
    /// The fact `tx` of the effect that left the transaction open: its id and who the server was.
    pub tx: Value,
    /// The database must have answered within this span.
    pub time_limit: Span,
}

impl Recover {
    /// What is asked, in words.
    pub(super) fn what(&self) -> String {
        match self {
            Self::Command(command) => format!("look what became of {}", command.attempt),
            Self::Sql(sql) => format!("ask {} what became of the transaction", sql.target.name),
        }
    }
}
