//! MySQL and MariaDB over the network.
//!
//! The author's text always travels as a prepared statement, which is one statement by nature. These
//! servers tell less than PostgreSQL: no place of an error, and their own COMMIT around DDL, which is
//! therefore refused inside a transaction.

mod address;
mod guard;
mod value;
mod watch;

use std::time::Duration;

use mysql::prelude::Queryable;
use mysql::{Conn, Error, Params};
use secrecy::ExposeSecret;

use super::limit::{Cancel, Limit};
use super::rewrite::{Dialect, Rewritten, rewrite};
use super::session::{Session, Verb};
use super::table::{self, Table};
use super::trouble::Trouble;
use super::words;
use super::{Answer, Job, Resolved};
use crate::effect::{EffectClass, Facts, FailKind};
use address::Address;
use watch::{Watch, Why};

/// Warnings of one effect that are kept.
const NOTICE_CAP: usize = 100;

/// A connection with its transaction open.
pub(super) struct Open {
    connection: Conn,
    facts: Facts,
}

/// What can be told from the URL alone.
pub(super) fn identity(target: &Resolved) -> Result<Facts, Trouble> {
    Ok(Address::read(target.address.expose_secret())?.facts())
}

pub(super) fn run(job: &Job, limit: Limit, cancel: &Cancel) -> Result<Answer, Trouble> {
    let address = Address::read(job.target.address.expose_secret())?;
    let count = job.effect.statements.len();
    for (index, statement) in job.effect.statements.iter().enumerate() {
        if let Some(why) = guard::refuse(statement, &job.effect) {
            return Err(Trouble::new(FailKind::Refused, why).at(index, count));
        }
    }
    let (mut connection, tls) = watch::connect(&address, &job.application_name, limit, cancel)?;
    let mut facts = Facts::new();
    facts.insert("target".to_owned(), address.short().into());
    facts.insert("tls".to_owned(), tls.into());
    let watch =
        Watch::start(&connection, address.options(&job.application_name, limit), limit, cancel);
    let mut notices = Vec::new();
    let done = statements(&mut connection, job, limit, &mut facts, &mut notices);
    let why = watch.stop();
    notices.truncate(NOTICE_CAP);
    facts.insert("notices".to_owned(), notices.into());
    let tables = done
        .map_err(|stumble| after(stumble, &mut connection, why, job, limit))
        .map_err(|trouble| trouble.with(facts.clone()))?;
    facts.extend(table::facts(tables));
    let open = Open { connection, facts: facts.clone() };
    if job.effect.hold && why.is_none() {
        return Ok(Answer { facts, held: Some(Session::Mysql(Box::new(open))) });
    }
    if !job.effect.no_transaction {
        let read = job.effect.class == EffectClass::Read;
        if let (Some(why), false) = (why, read) {
            let trouble = why.trouble(limit).and("; nothing was committed");
            return Err(trouble.with(facts));
        }
        open.end(if read { Verb::Rollback } else { Verb::Commit }, limit)?;
    }
    Ok(Answer { facts, held: None })
}

/// Trouble with a statement, and whether the connection is gone.
struct Stumble {
    trouble: Trouble,
    cut: bool,
    sent: bool,
}

impl From<Trouble> for Stumble {
    fn from(trouble: Trouble) -> Self {
        Self { trouble, cut: false, sent: false }
    }
}

fn stumble(error: &Error, sent: bool) -> Stumble {
    Stumble { trouble: trouble(error), cut: is_cut(error), sent }
}

fn statements(
    connection: &mut Conn,
    job: &Job,
    limit: Limit,
    facts: &mut Facts,
    notices: &mut Vec<String>,
) -> Result<Vec<Table>, Stumble> {
    guard::enter(connection, &job.effect, limit, facts).map_err(|e| stumble(&e, false))?;
    let count = job.effect.statements.len();
    let mut tables = Vec::new();
    for (index, text) in job.effect.statements.iter().enumerate() {
        let at =
            |stumble: Stumble| Stumble { trouble: stumble.trouble.at(index, count), ..stumble };
        let rewritten =
            rewrite(text, &job.params, Dialect::Mysql).map_err(|t| t.at(index, count))?;
        tables.push(one(connection, &rewritten, job).map_err(at)?);
        if connection.warnings() > 0 && notices.len() < NOTICE_CAP {
            let said: Vec<(String, u32, String)> =
                connection.query("SHOW WARNINGS").map_err(|error| at(stumble(&error, false)))?;
            notices.extend(
                said.into_iter().map(|(level, code, text)| {
                    format!("{}: {text} ({code})", level.to_uppercase())
                }),
            );
        }
    }
    Ok(tables)
}

fn one(connection: &mut Conn, rewritten: &Rewritten, job: &Job) -> Result<Table, Stumble> {
    let statement = connection.prep(&rewritten.sql).map_err(|error| stumble(&error, false))?;
    let values: Result<Vec<_>, Trouble> =
        rewritten.order.iter().map(|name| value::bound(name, &job.params[name])).collect();
    let values = values?;
    let params = if values.is_empty() { Params::Empty } else { Params::Positional(values) };
    let fail = |error: Error| stumble(&error, true);
    let mut result = connection.exec_iter(&statement, params).map_err(fail)?;
    let columns = result.columns().as_ref().to_vec();
    let names: Vec<_> = columns.iter().map(mysql::Column::name_str).collect();
    let mut table = Table::new(names.iter().map(AsRef::as_ref), job.effect.row_cap);
    let affected = result.affected_rows();
    let mut rows = 0;
    // The first result set only: others come from CALL, whose last one is empty.
    if let Some(set) = result.iter() {
        for row in set {
            let row = row.map_err(fail)?;
            rows += 1;
            table.push(
                row.unwrap()
                    .iter()
                    .zip(&columns)
                    .map(|(cell, kind)| value::json(cell, kind))
                    .collect(),
            );
        }
    }
    drop(result);
    if columns.is_empty() {
        table.affected(affected);
    } else if words::counts_changes(&rewritten.sql) {
        table.affected(rows);
    }
    Ok(table)
}

/// What became of the transaction after trouble.
fn after(
    stumble: Stumble,
    connection: &mut Conn,
    why: Option<Why>,
    job: &Job,
    limit: Limit,
) -> Trouble {
    let alone = job.effect.no_transaction;
    let read = job.effect.class == EffectClass::Read;
    if stumble.cut {
        let reason = stumble.trouble.message();
        let reason = why.map_or(reason, |why| why.trouble(limit).message());
        if alone && stumble.sent && !read {
            return Trouble::unknown(format!("the connection broke before the answer: {reason}"));
        }
        let kind = why.map_or(FailKind::Connection, Why::kind);
        return Trouble::new(kind, format!("{reason}; nothing was committed"));
    }
    let trouble = why.map_or(stumble.trouble, |why| why.trouble(limit));
    if alone && !read && why.is_some() {
        return trouble.and("; the statement ran outside a transaction: look at what it left");
    }
    if alone {
        return trouble;
    }
    match rollback(connection) {
        Ok(()) => trouble.and("; rolled back"),
        Err(what) => trouble.and("; ").and(&what),
    }
}

/// Rolls back; the words say what stayed. Tables without transactions keep what was done to them.
fn rollback(connection: &mut Conn) -> Result<(), String> {
    if connection.query_drop("ROLLBACK").is_err() {
        // The server does it when the connection ends.
        return Ok(());
    }
    let said: Vec<(String, u32, String)> = connection.query("SHOW WARNINGS").unwrap_or_default();
    match said.into_iter().find(|(_, code, _)| *code == KEPT_IN_SPITE_OF_ROLLBACK) {
        Some((_, code, text)) => Err(format!("rolled back in part only: {text} ({code})")),
        None => Ok(()),
    }
}

/// `ER_WARNING_NOT_COMPLETE_ROLLBACK`, of MySQL and MariaDB alike.
const KEPT_IN_SPITE_OF_ROLLBACK: u32 = 1196;

fn is_cut(error: &Error) -> bool {
    match error {
        // The server is going down, or an administrator ended the connection.
        Error::MySqlError(said) => matches!(said.code, 1053 | 1927 | 4031),
        Error::IoError(_) | Error::CodecError(_) | Error::TlsError(_) => true,
        _ => false,
    }
}

/// Says what the server said, with the kind that the menu needs.
fn trouble(error: &Error) -> Trouble {
    let (kind, text) = match error {
        Error::MySqlError(said) => {
            let kind = match said.code {
                1044 | 1045 | 1142 | 1143 | 1227 | 1370 | 1698 => FailKind::Permission,
                1205 | 1969 | 3024 => FailKind::Timeout,
                1040 | 1049 | 1053 | 1130 | 1203 | 1927 => FailKind::Connection,
                _ => FailKind::Refused,
            };
            let help = match said.code {
                1205 => "; hint: another transaction holds the lock; see SHOW ENGINE INNODB STATUS",
                1290 | 1792 | 1836 => "; hint: the transaction or the server is read-only",
                1295 => "; hint: use a shell step with the mysql client",
                _ => "",
            };
            (kind, format!("{} ({}, SQLSTATE {}){help}", said.message, said.code, said.state))
        }
        Error::IoError(error) => (FailKind::Connection, format!("connection lost: {error}")),
        other => (FailKind::Connection, other.to_string()),
    };
    Trouble::new(kind, text)
}

impl Open {
    /// Says COMMIT or ROLLBACK. A connection that breaks during COMMIT leaves the outcome unknown.
    pub(super) fn end(self, verb: Verb, limit: Limit) -> Result<Facts, Trouble> {
        let Self { mut connection, facts: before } = self;
        let mut facts = Facts::new();
        facts.extend(before.get("target").map(|target| ("target".to_owned(), target.clone())));
        let ended = match verb {
            Verb::Rollback => {
                rollback(&mut connection).map_err(|what| Trouble::new(FailKind::Refused, what))
            }
            Verb::Commit => commit(&mut connection, limit),
        };
        ended.map_err(|trouble| trouble.with(facts.clone()))?;
        facts.insert("committed".to_owned(), (verb == Verb::Commit).into());
        Ok(facts)
    }
}

fn commit(connection: &mut Conn, limit: Limit) -> Result<(), Trouble> {
    // A connection that broke while it waited is found before COMMIT is said.
    if let Err(error) = connection.ping() {
        let why = trouble(&error).message();
        let message = format!("the connection was gone before COMMIT: {why}; rolled back");
        return Err(Trouble::new(FailKind::Connection, message));
    }
    if limit.passed() {
        let message = format!("no answer within {}; rolled back", limit.whole());
        return Err(Trouble::new(FailKind::Timeout, message));
    }
    match connection.query_drop("COMMIT") {
        Ok(()) => Ok(()),
        Err(error) if !is_cut(&error) => Err(trouble(&error).and("; rolled back")),
        Err(error) => {
            let why = trouble(&error).message();
            Err(Trouble::unknown(format!("the connection broke during COMMIT: {why}")))
        }
    }
}

/// How long a stopped statement may take to say so.
const FAREWELL: Duration = Duration::from_secs(2);
