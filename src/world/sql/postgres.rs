//! PostgreSQL over the network or a socket.
//!
//! The author's text always travels by the extended protocol, which takes one statement at a time.
//! mayday's own texts (BEGIN, FETCH, COMMIT) have no foreign part in them and may go the simple way.

mod address;
mod connect;
mod fate;
mod guard;
mod identity;
mod param;
mod pooler;
mod said;
mod statement;
mod tls;
mod tx;
mod value;

use std::sync::Arc;
use std::time::Duration;

use secrecy::ExposeSecret;
use tokio::sync::Notify;

use super::limit::{Cancel, Limit};
use super::rewrite::{Dialect, rewrite};
use super::session::{Session, Verb};
use super::table;
use super::trouble::Trouble;
use super::{Answer, Job, Resolved};
use crate::effect::{EffectClass, Facts, FailKind};
use address::Address;
use connect::{Connected, Driver};
pub(super) use fate::fate;

/// How much longer than the server we wait, so that its own words arrive when its limit passes.
const GRACE: Duration = Duration::from_millis(500);

/// How long a cancelled statement may take to say so.
const FAREWELL: Duration = Duration::from_secs(2);

/// A connection with its transaction open.
pub(super) struct Open {
    driver: Driver,
    connected: Connected,
    facts: Facts,
}

/// What can be told from the URL alone.
pub(super) fn identity(target: &Resolved) -> Result<Facts, Trouble> {
    Ok(Address::read(target.address.expose_secret())?.facts())
}

pub(super) fn run(job: &Job, limit: Limit, cancel: &Cancel) -> Result<Answer, Trouble> {
    let address = Address::read(job.target.address.expose_secret())?;
    let driver = Driver::new()?;
    let asked = Arc::new(Notify::new());
    let wake = Arc::clone(&asked);
    let _hooked = cancel.hook(move || wake.notify_one());
    let connecting = connect::connect(&address, &job.application_name, limit);
    let connected = driver.block_on(async {
        tokio::select! {
            connected = connecting => connected,
            () = asked.notified() => {
                Err(Trouble::new(FailKind::Cancelled, "ended by the operator while connecting"))
            }
        }
    })?;
    let mut facts = Facts::new();
    facts.insert("target".to_owned(), address.short().into());
    facts.insert("tls".to_owned(), connected.tls.into());
    let done = driver.block_on(conversation(&connected, job, &address, limit, &asked, &mut facts));
    let notices = connected.notices.take();
    facts.insert("notices".to_owned(), notices.into());
    // Dropping the connection rolls back what is open.
    let tables = done.map_err(|trouble| trouble.with(facts.clone()))?;
    facts.extend(table::facts(tables));
    let open = Open { driver, connected, facts: facts.clone() };
    if job.effect.hold {
        return Ok(Answer { facts, held: Some(Session::Postgres(Box::new(open))) });
    }
    if job.effect.no_transaction {
        // Behind a pooler the next client would inherit our settings. Trouble here changes nothing.
        let tidy = open.connected.client.batch_execute("RESET ALL");
        let _ = open.driver.block_on(async { tokio::time::timeout(FAREWELL, tidy).await });
        return Ok(Answer { facts, held: None });
    }
    let read = job.effect.class == EffectClass::Read;
    open.end(if read { Verb::Rollback } else { Verb::Commit }, limit)?;
    Ok(Answer { facts, held: None })
}

/// Why a conversation was broken off by us.
#[derive(Clone, Copy)]
enum Break {
    Asked,
    Late,
}

/// The statements, watched by the clock and the operator.
async fn conversation(
    connected: &Connected,
    job: &Job,
    address: &Address,
    limit: Limit,
    asked: &Notify,
    facts: &mut Facts,
) -> Result<Vec<table::Table>, Trouble> {
    let mut work = std::pin::pin!(statements(connected, job, address, limit, facts));
    let why = tokio::select! {
        result = &mut work => return result,
        () = asked.notified() => Break::Asked,
        () = tokio::time::sleep(limit.left() + GRACE) => Break::Late,
    };
    // The request to stop travels on a connection of its own.
    let stop = connected.client.cancel_token();
    let farewell = async {
        let told = tokio::time::timeout(FAREWELL, stop.cancel_query(connected.make_tls.clone()));
        let _ = told.await;
        tokio::time::timeout(FAREWELL, &mut work).await
    };
    let answer = farewell.await;
    let (kind, words) = match why {
        Break::Asked => (FailKind::Cancelled, "ended by the operator".to_owned()),
        Break::Late => (FailKind::Timeout, format!("no end within {}", limit.whole())),
    };
    let alone = job.effect.no_transaction && job.effect.class != EffectClass::Read;
    match answer {
        // It ended well before the request arrived.
        Ok(Ok(tables)) if alone => Ok(tables),
        Ok(Err(trouble)) if alone && matches!(trouble.ending, crate::effect::Ending::Unknown { .. }) => {
            Err(trouble)
        }
        Err(_) if alone => Err(Trouble::unknown(format!("{words}, and no answer after that"))),
        Ok(_) if alone => Err(Trouble::new(kind, words).and(
            "; the server stopped the statement, which ran outside a transaction: look at what it left",
        )),
        _ => Err(Trouble::new(kind, words).and("; nothing was committed")),
    }
}

async fn statements(
    connected: &Connected,
    job: &Job,
    address: &Address,
    limit: Limit,
    facts: &mut Facts,
) -> Result<Vec<table::Table>, Trouble> {
    let effect = &job.effect;
    guard::enter(connected, job, address, limit, facts).await?;
    let count = effect.statements.len();
    let mut tables = Vec::new();
    for (index, text) in effect.statements.iter().enumerate() {
        let rewritten =
            rewrite(text, &job.params, Dialect::Postgres).map_err(|t| t.at(index, count))?;
        let task = statement::Task {
            client: &connected.client,
            rewritten: &rewritten,
            params: &job.params,
            row_cap: effect.row_cap,
            transaction: !effect.no_transaction,
            kept: &connected.statements,
        };
        match task.run().await {
            Ok(table) => tables.push(table),
            Err(trouble) => return Err(after(trouble, connected, job, limit).at(index, count)),
        }
    }
    if effect.hold {
        let kept = tx::keep(connected, address, &job.application_name, limit, facts).await;
        kept.map_err(|error| said::before_commit(&error, connected))?;
    }
    Ok(tables)
}

/// Trouble with a statement, with what became of it.
fn after(trouble: statement::Stumble, connected: &Connected, job: &Job, limit: Limit) -> Trouble {
    let alone = job.effect.no_transaction;
    if trouble.cut {
        let reason = connected.gone.take().unwrap_or_else(|| trouble.trouble.message());
        if alone && trouble.sent && job.effect.class != EffectClass::Read {
            return Trouble::unknown(format!("the connection broke before the answer: {reason}"));
        }
        let message = format!("the connection broke: {reason}");
        return Trouble::new(FailKind::Connection, message).and("; nothing was committed");
    }
    let timed_out = trouble.code.as_deref() == Some("57014") && limit.left() < GRACE;
    let trouble = if timed_out {
        Trouble::new(FailKind::Timeout, format!("no end within {}", limit.whole()))
    } else {
        trouble.trouble
    };
    if alone { trouble } else { trouble.and("; rolled back") }
}

impl Open {
    /// Says COMMIT or ROLLBACK. A connection that breaks during COMMIT leaves the outcome unknown.
    pub(super) fn end(self, verb: Verb, limit: Limit) -> Result<Facts, Trouble> {
        let Self { driver, connected, facts: before } = self;
        let ended = driver.block_on(async {
            match verb {
                // A ROLLBACK that nobody confirms still is one: without COMMIT nothing stays.
                Verb::Rollback => {
                    let told = connected.client.batch_execute(verb.sql());
                    let _ = tokio::time::timeout(limit.left().min(FAREWELL), told).await;
                    Ok(())
                }
                Verb::Commit => commit(&connected, limit).await,
            }
        });
        let mut facts = Facts::new();
        facts.extend(before.get("target").map(|target| ("target".to_owned(), target.clone())));
        facts.insert("notices".to_owned(), connected.notices.take().into());
        ended.map_err(|trouble| trouble.with(facts.clone()))?;
        facts.insert("committed".to_owned(), (verb == Verb::Commit).into());
        Ok(facts)
    }
}

async fn commit(connected: &Connected, limit: Limit) -> Result<(), Trouble> {
    // What the server said while nobody listened, such as a farewell, is read before anything is
    // written: writing into a closed connection would lose it.
    tokio::time::sleep(Duration::from_millis(1)).await;
    // An empty query first: a connection that broke while it waited is found before COMMIT is said,
    // and then it is known that nothing was committed.
    let alive = tokio::time::timeout(limit.left(), connected.client.batch_execute("")).await;
    let why = match alive {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(connected.gone.take().unwrap_or_else(|| said::chain(&error))),
        Err(_) => Some(format!("no answer within {}", limit.whole())),
    };
    if let Some(why) = why {
        let message = format!("the connection was gone before COMMIT: {why}; rolled back");
        return Err(Trouble::new(FailKind::Connection, message));
    }
    let left = limit.left().max(FAREWELL);
    match tokio::time::timeout(left, connected.client.batch_execute("COMMIT")).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) if !said::is_cut(&error) => {
            Err(said::trouble(&error, None).and("; rolled back"))
        }
        Ok(Err(error)) => {
            let why = connected.gone.take().unwrap_or_else(|| said::chain(&error));
            Err(Trouble::unknown(format!("the connection broke during COMMIT: {why}")))
        }
        Err(_) => Err(Trouble::unknown(format!("no answer to COMMIT within {}", limit.whole()))),
    }
}
