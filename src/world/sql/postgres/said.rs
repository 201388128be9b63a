//! What PostgreSQL, or the way to it, said when it did not work out.

use std::error::Error as _;
use std::fmt::Write;

use tokio_postgres::Error;
use tokio_postgres::error::{DbError, ErrorPosition, Severity};

use super::super::rewrite::Rewritten;
use super::super::trouble::Trouble;
use super::connect::Connected;
use crate::effect::FailKind;

/// Trouble from an error; with the statement, the place in the author's text.
pub(super) fn trouble(error: &Error, rewritten: Option<&Rewritten>) -> Trouble {
    match error.as_db_error() {
        Some(said) => Trouble::new(kind(said), server(said, rewritten)),
        None => Trouble::new(FailKind::Connection, chain(error)),
    }
}

/// True when the server ended the connection, or it broke: what was asked last has no answer.
pub(super) fn is_cut(error: &Error) -> bool {
    match error.as_db_error() {
        Some(said) => matches!(said.parsed_severity(), Some(Severity::Fatal | Severity::Panic)),
        None => true,
    }
}

/// Trouble on the way to COMMIT: nothing of the transaction stays.
pub(super) fn before_commit(error: &Error, connected: &Connected) -> Trouble {
    if is_cut(error) {
        let why = connected.gone.take().unwrap_or_else(|| chain(error));
        let message = format!("the connection broke: {why}; nothing was committed");
        return Trouble::new(FailKind::Connection, message);
    }
    trouble(error, None).and("; rolled back")
}

/// An error with its causes, in one line.
pub(super) fn chain(error: &Error) -> String {
    if let Some(said) = error.as_db_error() {
        return server(said, None);
    }
    let (mut text, mut source) = (error.to_string(), error.source());
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            write!(text, ": {cause_text}").unwrap_or_default();
        }
        source = cause.source();
    }
    text
}

fn kind(said: &DbError) -> FailKind {
    match said.code().code() {
        "57014" | "55P03" | "25P03" | "57P05" => FailKind::Timeout,
        "42501" | "0P000" | "0LP01" => FailKind::Permission,
        "53300" | "57P01" | "57P02" | "57P03" | "3D000" => FailKind::Connection,
        code if code.starts_with("28") => FailKind::Permission,
        code if code.starts_with("08") => FailKind::Connection,
        _ => FailKind::Refused,
    }
}

/// `relation "t" does not exist (42P01) at column 15; hint: ...`.
pub(super) fn server(said: &DbError, rewritten: Option<&Rewritten>) -> String {
    let code = said.code().code();
    let mut text = format!("{} (SQLSTATE {code})", said.message());
    let position = match said.position() {
        Some(ErrorPosition::Original(position)) => usize::try_from(*position).ok(),
        _ => None,
    };
    if let (Some(position), Some(rewritten)) = (position, rewritten) {
        write!(text, " at {}", rewritten.place(position)).unwrap_or_default();
    }
    for (name, part) in [("detail", said.detail()), ("hint", said.hint()), ("hint", ours(said))] {
        if let Some(part) = part {
            write!(text, "; {name}: {}", one_line(part)).unwrap_or_default();
        }
    }
    text
}

/// What the server does not say and an operator wants to know.
fn ours(said: &DbError) -> Option<&'static str> {
    let message = said.message();
    match said.code().code() {
        "42601" if message.contains("insert multiple commands") => {
            Some("write a list, one statement each")
        }
        "42601" if message.contains("near \"$") => {
            Some("a value cannot stand there; `:\"name\"` quotes a name, `:name` is a value")
        }
        "25006" => Some(
            "the transaction is read-only: a step with `effect: read`, a standby, or \
                         default_transaction_read_only",
        ),
        "25001" => Some("set `no_transaction: true` on the step"),
        "55P03" => Some("another transaction holds the lock; see pg_locks"),
        _ => None,
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
