//! SQL on real databases: one effect is one connection, one transaction, one answer.
//!
//! Owns sessions, cancelling, time limits and what a result looks like as facts. Each database has its
//! own file below. Knows nothing of steps or playbooks; resolving secrets and redacting the rows is
//! the live world's.
#![cfg_attr(
    not(all(feature = "sqlite", feature = "postgres")),
    expect(dead_code, reason = "with fewer databases, parts of their common ground are unused")
)]

mod limit;
#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
mod rewrite;
mod session;
#[cfg(feature = "sqlite")]
mod sqlite;
mod table;
mod trouble;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod url;
#[cfg(any(feature = "postgres", feature = "mysql", feature = "sqlite"))]
mod value;
mod words;

use std::collections::BTreeMap;

use secrecy::ExposeSecret;
use serde_json::Value;

use crate::effect::{
    EffectClass, EffectId, Facts, FailKind, Output, SqlEffect, SqlEnd, TargetKind,
};
use crate::secret::SecretValue;
use crate::time::Span;

pub use limit::Cancel;
use limit::Limit;
use session::Session;
pub use session::Sessions;
use trouble::Trouble;

/// A database target whose secrets are known.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// What kind of database it is.
    pub kind: TargetKind,
    /// The name that playbooks use.
    pub name: String,
    /// Its URL, or the path of a SQLite file.
    pub address: SecretValue,
}

/// One SQL effect, ready to run.
#[derive(Clone, Debug)]
pub struct Job {
    /// What to run.
    pub effect: SqlEffect,
    /// The values of `effect.params`, secrets included.
    pub params: BTreeMap<String, Value>,
    /// Where.
    pub target: Resolved,
    /// What the server's own lists show for us: `mayday/<run>/<step>`.
    pub application_name: String,
}

/// Why a statement of this effect is not even sent, as far as its own words tell.
#[must_use]
pub fn refused(statement: &str, class: EffectClass) -> Option<String> {
    words::refuse(statement, class, false)
}

/// What one statement brought, or all of them.
struct Answer {
    facts: Facts,
    /// The open transaction, when it is to be kept.
    held: Option<Session>,
}

/// Runs a job to its end on the calling thread. With `hold`, the open transaction goes to `sessions`
/// under `id`, and the facts carry `session`.
#[must_use]
#[cfg_attr(
    not(any(feature = "sqlite", feature = "postgres", feature = "mysql")),
    expect(unused_variables, reason = "without databases there is nothing to cancel")
)]
pub fn run(job: &Job, id: EffectId, sessions: &Sessions, cancel: &Cancel) -> Output {
    let limit = Limit::from_now(job.effect.time_limit);
    let result = check_statements(job).and_then(|()| match job.target.kind {
        #[cfg(feature = "sqlite")]
        TargetKind::Sqlite => sqlite::run(job, limit, cancel),
        #[cfg(feature = "postgres")]
        TargetKind::Postgres => postgres::run(job, limit, cancel),
        #[cfg(feature = "mysql")]
        TargetKind::Mysql => mysql::run(job, limit, cancel),
        kind => Err(not_built_in(kind)),
    });
    match result {
        Ok(Answer { mut facts, held }) => {
            if let Some(session) = held {
                facts.insert("session".to_owned(), id.0.into());
                sessions.keep(id, session);
            }
            Output::done(facts, limit.elapsed())
        }
        Err(trouble) => without_secrets(trouble, job).into_output(limit.elapsed()),
    }
}

/// Commits or rolls back what [`run`] held open. The facts tell `committed`. Nothing cancels it: once
/// COMMIT is said, only the server's answer tells what it did.
#[must_use]
pub fn end(end: SqlEnd, sessions: &Sessions) -> Output {
    let limit = Limit::from_now(end.time_limit);
    let Some(session) = sessions.take(end.session) else {
        let message = "the transaction is no longer open: nothing was committed";
        return Output::failed(FailKind::Connection, message);
    };
    let verb = if end.commit { session::Verb::Commit } else { session::Verb::Rollback };
    match session.end(verb, limit) {
        Ok(facts) => Output::done(facts, limit.elapsed()),
        Err(trouble) => trouble.into_output(limit.elapsed()),
    }
}

/// What became of a transaction whose COMMIT may or may not have arrived: `tx` is the fact of that name
/// of the effect that left it open. Done with `committed: true`; [`crate::effect::Ending::NotDone`] when the server
/// proves that it was rolled back; else [`crate::effect::Ending::Unknown`] with the reason: cancelling, a server that stays
/// away and a transaction that stays open all come to that. Changes nothing.
#[must_use]
#[cfg_attr(
    not(feature = "postgres"),
    expect(unused_variables, reason = "no database of this build can be asked")
)]
pub fn fate(
    target: &Resolved,
    tx: &Value,
    limit: Span,
    cancel: &Cancel,
    application_name: &str,
) -> Output {
    let limit = Limit::from_now(limit);
    let known = match target.kind {
        #[cfg(feature = "postgres")]
        TargetKind::Postgres => postgres::fate(target, tx, limit, cancel, application_name),
        kind => Err(Trouble::unknown(format!(
            "{} does not tell what became of a transaction",
            kind.word()
        ))),
    };
    match known {
        Ok(facts) => Output::done(facts, limit.elapsed()),
        Err(trouble) => trouble.into_output(limit.elapsed()),
    }
}

/// What can be told of a target without connecting: host, port, database, user, how it is encrypted;
/// or the path. Never a password.
///
/// # Errors
/// What is wrong with its URL, a fragment without any of its secret parts.
pub fn identity(target: &Resolved) -> Result<Facts, String> {
    match target.kind {
        TargetKind::Sqlite => {
            let path = target.address.expose_secret().to_owned();
            let known = [("kind", "sqlite".into()), ("path", path.into())];
            Ok(known.into_iter().map(|(k, v): (&str, Value)| (k.to_owned(), v)).collect())
        }
        #[cfg(feature = "postgres")]
        TargetKind::Postgres => postgres::identity(target).map_err(|trouble| trouble.message()),
        #[cfg(feature = "mysql")]
        TargetKind::Mysql => mysql::identity(target).map_err(|trouble| trouble.message()),
        kind => Err(not_built_in(kind).message()),
    }
}

/// Connects, asks the server who it is, and leaves.
///
/// # Errors
/// Kind and message of what stood in the way.
pub fn probe(target: &Resolved, limit: Span) -> Result<Facts, (FailKind, String)> {
    let mut facts = ask(target, version_query(target.kind), limit)?;
    let version = facts["rows"][0]["version"].clone();
    facts.retain(|name, _| matches!(name.as_str(), "target" | "server" | "guards" | "tls"));
    facts.insert("version".to_owned(), version);
    Ok(facts)
}

/// The server's own wall clock, in milliseconds since 1970; `None` where there is no server.
///
/// # Errors
/// The server cannot be asked.
pub fn clock(target: &Resolved, limit: Span) -> Result<Option<i64>, String> {
    let query = match target.kind {
        TargetKind::Postgres => {
            "SELECT floor(extract(epoch FROM pg_catalog.now()) * 1000)::bigint AS ms"
        }
        TargetKind::Mysql => "SELECT CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED) AS ms",
        TargetKind::Sqlite | TargetKind::Http => return Ok(None),
    };
    let said = ask(target, query, limit).map_err(|(_, why)| why)?;
    let ms = &said["rows"][0]["ms"];
    Ok(ms.as_i64().or_else(|| ms.as_str().and_then(|text| text.parse().ok())))
}

/// What the server of a database was made with, as `system_identifier`. A copy of its files has it too. Nothing
/// where there is no such thing, or the role may not see it.
///
/// # Errors
/// The server cannot be asked anything.
pub fn who(target: &Resolved, limit: Span) -> Result<Facts, String> {
    let query = match target.kind {
        TargetKind::Postgres => {
            "SELECT system_identifier::text AS id FROM pg_catalog.pg_control_system()"
        }
        TargetKind::Mysql => "SELECT @@server_uuid AS id",
        // A file that the drill makes itself is not there yet; it is known by its path.
        TargetKind::Sqlite | TargetKind::Http => return Ok(Facts::new()),
    };
    let mut facts = Facts::new();
    match ask(target, query, limit) {
        Ok(said) => {
            let id = said["rows"][0]["id"].clone();
            facts.insert("system_identifier".to_owned(), id);
            Ok(facts)
        }
        // It answers, and does not tell.
        Err((FailKind::Permission | FailKind::Refused, _)) => {
            probe(target, limit).map(|_| facts).map_err(|(_, why)| why)
        }
        Err((_, why)) => Err(why),
    }
}

/// One reading statement on a connection of its own.
fn ask(target: &Resolved, statement: &str, limit: Span) -> Result<Facts, (FailKind, String)> {
    let job = Job {
        effect: SqlEffect {
            step: String::new(),
            target: crate::effect::Target {
                name: target.name.clone(),
                kind: target.kind,
                address: crate::effect::Text::Secret(target.name.clone()),
            },
            statements: vec![statement.to_owned()],
            params: BTreeMap::new(),
            class: crate::effect::EffectClass::Read,
            no_transaction: false,
            hold: false,
            time_limit: limit,
            row_cap: 1,
            withhold: false,
        },
        params: BTreeMap::new(),
        target: target.clone(),
        application_name: "mayday/check".to_owned(),
    };
    let output = run(&job, EffectId(0), &Sessions::default(), &Cancel::default());
    match output.ending {
        crate::effect::Ending::Done => Ok(output.facts),
        crate::effect::Ending::Failed { kind, message } => Err((kind, message)),
        other => Err((FailKind::Connection, format!("no answer: {other:?}"))),
    }
}

const fn version_query(kind: TargetKind) -> &'static str {
    match kind {
        TargetKind::Sqlite => "SELECT sqlite_version() AS version",
        _ => "SELECT version() AS version",
    }
}

fn not_built_in(kind: TargetKind) -> Trouble {
    let message = match kind {
        TargetKind::Http => "an http target takes no sql".to_owned(),
        kind => {
            let (name, feature) = match kind {
                TargetKind::Mysql => ("MySQL", "mysql"),
                TargetKind::Postgres => ("PostgreSQL", "postgres"),
                _ => ("SQLite", "sqlite"),
            };
            format!(
                "this build has no {name}; build with --features {feature}, or use a shell step"
            )
        }
    };
    Trouble::new(FailKind::Input, message)
}

/// What no database gets to see: statements that would end the transaction around them, or that a
/// read step has no use for.
fn check_statements(job: &Job) -> Result<(), Trouble> {
    let effect = &job.effect;
    if effect.no_transaction && effect.statements.len() > 1 {
        let message = "no_transaction takes one statement: split the list into steps";
        return Err(Trouble::new(FailKind::Input, message));
    }
    for (index, statement) in effect.statements.iter().enumerate() {
        let refused = words::refuse(statement, effect.class, effect.no_transaction);
        if let Some(why) = refused {
            return Err(Trouble::new(FailKind::Refused, why).at(index, effect.statements.len()));
        }
    }
    Ok(())
}

/// Servers repeat values in their messages ("invalid input syntax for type integer: ...").
fn without_secrets(mut trouble: Trouble, job: &Job) -> Trouble {
    for (name, param) in &job.effect.params {
        if let (crate::effect::SqlParam::Secret(_), Some(Value::String(value))) =
            (param, job.params.get(name))
        {
            trouble.redact(value);
        }
    }
    trouble
}
