//! SQLite files. The engine is built in; a file is opened and never created.

mod guard;
mod value;

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, Statement};
use secrecy::ExposeSecret;

use super::limit::{Cancel, Limit};
use super::rewrite::{Dialect, Rewritten, rewrite};
use super::session::{Session, Verb};
use super::table::{self, Table};
use super::trouble::Trouble;
use super::words;
use super::{Answer, Job};
use crate::effect::{EffectClass, Facts, FailKind};

/// Steps of SQLite's virtual machine between two looks at the clock: a few microseconds.
const STEPS_BETWEEN_LOOKS: i32 = 1000;

/// How long one try waits for another process's lock. Between tries the limit and the cancel are
/// looked at.
const LOCK_TRY: Duration = Duration::from_millis(100);

/// The same outside a transaction, where there is only one try.
const LONGEST_LOCK: Duration = Duration::from_secs(30);

/// A connection with its transaction open.
pub(super) struct Open {
    connection: Connection,
    facts: Facts,
}

pub(super) fn run(job: &Job, limit: Limit, cancel: &Cancel) -> Result<Answer, Trouble> {
    let mut connection = open(job)?;
    let mut facts = Facts::new();
    facts.insert("target".to_owned(), format!("sqlite {}", path(job)).into());
    if job.effect.class == EffectClass::Read {
        facts.insert("guards".to_owned(), guard::READ_GUARDS.to_vec().into());
    }
    match statements(&mut connection, job, limit, cancel) {
        Ok(result) => {
            facts.extend(result);
            let open = Open { connection, facts: facts.clone() };
            if job.effect.hold {
                return Ok(Answer { facts, held: Some(Session::Sqlite(open)) });
            }
            open.end(Verb::Commit, limit)?;
            Ok(Answer { facts, held: None })
        }
        // Dropping the connection rolls back what is open.
        Err(trouble) => Err(trouble.with(facts)),
    }
}

fn path(job: &Job) -> &str {
    job.target.address.expose_secret()
}

fn open(job: &Job) -> Result<Connection, Trouble> {
    let path = path(job);
    let wrong = |kind, why: &str| Err(Trouble::new(kind, format!("{why}: {path}")));
    match Path::new(path).metadata() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return wrong(FailKind::NotFound, "there is no such file");
        }
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            return wrong(FailKind::Permission, "no right to look at this file");
        }
        Ok(meta) if meta.is_dir() => return wrong(FailKind::Input, "this is a folder"),
        _ => {}
    }
    let read = job.effect.class == EffectClass::Read;
    let mode =
        if read { OpenFlags::SQLITE_OPEN_READ_ONLY } else { OpenFlags::SQLITE_OPEN_READ_WRITE };
    let flags = mode | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_EXRESCODE;
    let fail = |error| trouble(&error, None);
    let connection = Connection::open_with_flags(path, flags).map_err(fail)?;
    connection.busy_timeout(LOCK_TRY).map_err(fail)?;
    connection.pragma_update(None, "foreign_keys", true).map_err(fail)?;
    if read {
        connection.pragma_update(None, "query_only", true).map_err(fail)?;
    }
    Ok(connection)
}

fn statements(
    connection: &mut Connection,
    job: &Job,
    limit: Limit,
    cancel: &Cancel,
) -> Result<Facts, Trouble> {
    let watched = cancel.clone();
    let watch = move || limit.passed() || watched.is_asked();
    connection
        .progress_handler(STEPS_BETWEEN_LOOKS, Some(watch))
        .map_err(|error| trouble(&error, None))?;
    let explain = Explain { job, limit, cancel };
    let effect = &job.effect;
    if effect.no_transaction {
        connection
            .busy_timeout(limit.left().min(LONGEST_LOCK))
            .map_err(|e| explain.say(&e, None))?;
    } else {
        // IMMEDIATE takes the write lock now, so that no statement in the middle can fail for it.
        let read = effect.class == EffectClass::Read;
        let begin = if read { "BEGIN" } else { "BEGIN IMMEDIATE" };
        patiently(limit, cancel, || connection.execute_batch(begin))
            .map_err(|e| explain.say(&e, None))?;
        // Looking at the schema takes the lock that reading needs, here where waiting is possible.
        let look = "SELECT count(*) FROM sqlite_schema";
        patiently(limit, cancel, || connection.query_row(look, (), |_| Ok(())))
            .map_err(|e| explain.say(&e, None))?;
    }
    guard::set(connection, effect.class, effect.no_transaction)
        .map_err(|error| explain.say(&error, None))?;
    let count = effect.statements.len();
    let mut tables = Vec::new();
    for (index, text) in effect.statements.iter().enumerate() {
        let rewritten =
            rewrite(text, &job.params, Dialect::Sqlite).map_err(|t| t.at(index, count))?;
        let table =
            one(connection, &rewritten, explain).map_err(|trouble| trouble.at(index, count))?;
        tables.push(table);
    }
    guard::lift(connection).map_err(|error| explain.say(&error, None))?;
    Ok(table::facts(tables))
}

/// Tries again while another connection holds a lock, until the limit passes or somebody cancels.
fn patiently<T>(
    limit: Limit,
    cancel: &Cancel,
    mut attempt: impl FnMut() -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    loop {
        match attempt() {
            Err(error)
                if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                    && !limit.passed()
                    && !cancel.is_asked() => {}
            result => return result,
        }
    }
}

/// Says why a statement failed: the operator, the clock, or SQLite.
#[derive(Clone, Copy)]
struct Explain<'a> {
    job: &'a Job,
    limit: Limit,
    cancel: &'a Cancel,
}

impl Explain<'_> {
    fn say(&self, error: &rusqlite::Error, rewritten: Option<&Rewritten>) -> Trouble {
        let trouble = if self.cancel.is_asked() {
            Trouble::new(FailKind::Cancelled, "ended by the operator")
        } else if self.limit.passed() {
            let lock = error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy);
            let why = if lock { "another connection held the lock for" } else { "no end within" };
            Trouble::new(FailKind::Timeout, format!("{why} {}", self.limit.whole()))
        } else {
            trouble(error, rewritten)
        };
        if self.job.effect.no_transaction { trouble } else { trouble.and("; rolled back") }
    }
}

fn one(
    connection: &Connection,
    rewritten: &Rewritten,
    explain: Explain<'_>,
) -> Result<Table, Trouble> {
    let fail = |error: rusqlite::Error| explain.say(&error, Some(rewritten));
    let job = explain.job;
    let mut statement = connection.prepare(&rewritten.sql).map_err(fail)?;
    bind(&mut statement, rewritten, job)?;
    let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let before = connection.total_changes();
    let mut table = Table::new(names.iter().map(String::as_str), job.effect.row_cap);
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next().map_err(fail)? {
        let values = (0..names.len()).map(|at| row.get_ref(at).map(value::json));
        table.push(values.collect::<Result<_, _>>().map_err(fail)?);
    }
    drop(rows);
    if !statement.readonly() && words::counts_changes(&rewritten.sql) {
        // `changes` leaves out what triggers did, as people expect; `total_changes` tells whether
        // this statement counted at all.
        let counted = connection.total_changes() != before;
        table.affected(if counted { connection.changes() } else { 0 });
    }
    Ok(table)
}

fn bind(statement: &mut Statement<'_>, rewritten: &Rewritten, job: &Job) -> Result<(), Trouble> {
    for (index, name) in rewritten.order.iter().enumerate() {
        let bound = value::bound(name, &job.params[name])?;
        statement
            .raw_bind_parameter(index + 1, bound)
            .map_err(|error| trouble(&error, Some(rewritten)))?;
    }
    Ok(())
}

/// Says what SQLite said, with the kind that the menu needs.
fn trouble(error: &rusqlite::Error, rewritten: Option<&Rewritten>) -> Trouble {
    let kind = match error.sqlite_error_code() {
        Some(ErrorCode::PermissionDenied | ErrorCode::AuthorizationForStatementDenied) => {
            FailKind::Permission
        }
        Some(ErrorCode::ReadOnly) => FailKind::Permission,
        Some(ErrorCode::CannotOpen | ErrorCode::NotADatabase | ErrorCode::SystemIoFailure) => {
            FailKind::Connection
        }
        _ => FailKind::Refused,
    };
    let message = match error {
        rusqlite::Error::SqlInputError { msg, offset, sql, .. } => {
            let place = rewritten.and_then(|rewritten| {
                let at = usize::try_from(*offset).ok()?;
                let before = sql.get(..at)?.chars().count();
                Some(format!(" at {}", rewritten.place(before + 1)))
            });
            format!("{msg}{}", place.unwrap_or_default())
        }
        rusqlite::Error::SqliteFailure(code, Some(text)) => match code.code {
            ErrorCode::DatabaseBusy => "another connection holds the lock".to_owned(),
            ErrorCode::AuthorizationForStatementDenied => format!("{text}: {}", guard::WHY),
            _ => text.clone(),
        },
        rusqlite::Error::MultipleStatement => {
            "several statements in one text: write a list, one statement each".to_owned()
        }
        other => other.to_string(),
    };
    Trouble::new(kind, message)
}

impl Open {
    pub(super) fn end(self, verb: Verb, limit: Limit) -> Result<Facts, Trouble> {
        let never = Cancel::new();
        let connection = &self.connection;
        if !connection.is_autocommit()
            && let Err(error) = patiently(limit, &never, || connection.execute_batch(verb.sql()))
        {
            // What a COMMIT could not do is rolled back with the connection.
            return Err(trouble(&error, None).and("; rolled back").with(self.facts));
        }
        let mut facts = Facts::new();
        if let Some(target) = self.facts.get("target") {
            facts.insert("target".to_owned(), target.clone());
        }
        facts.insert("committed".to_owned(), (verb == Verb::Commit).into());
        Ok(facts)
    }
}
