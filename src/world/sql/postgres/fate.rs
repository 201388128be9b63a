//! What became of a transaction whose COMMIT has no answer: asked of the server that ran it, and of no other.
//!
//! Only looks. A server that is down, starting or full is asked again until the time is up. A transaction
//! that is still open is waited for: COMMIT may be on its way to it.

use std::sync::Arc;
use std::time::Duration;

use secrecy::ExposeSecret;
use serde_json::Value;
use tokio::sync::Notify;
use tokio_postgres::Error;

use super::super::Resolved;
use super::super::limit::{Cancel, Limit};
use super::super::trouble::Trouble;
use super::address::Address;
use super::connect::{self, Connected, Driver};
use super::identity::Kept;
use super::tx::{self, Rights, rows, text};
use super::{FAREWELL, said};
use crate::effect::{Ending, Facts, FailKind};

/// Pauses between looks grow from the first to the second.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));

/// What a look brought.
enum Look {
    /// What is so and stays so.
    Settled(Result<Facts, Trouble>),
    /// Nothing yet: why, and what to do when nothing comes.
    Again(String),
}

/// Asks until it is known, or the time is up.
pub(in super::super) fn fate(
    target: &Resolved,
    recorded: &Value,
    limit: Limit,
    cancel: &Cancel,
    application_name: &str,
) -> Result<Facts, Trouble> {
    let Some(kept) = Kept::from_json(recorded) else {
        return Err(Trouble::unknown("no number of the transaction was recorded"));
    };
    // Not to be able to ask is no answer.
    let mute = |trouble: Trouble| Trouble::unknown(trouble.message());
    let address = Address::read(target.address.expose_secret()).map_err(mute)?;
    let driver = Driver::new().map_err(mute)?;
    let asked = Arc::new(Notify::new());
    let wake = Arc::clone(&asked);
    let _hooked = cancel.hook(move || wake.notify_one());
    driver.block_on(async {
        tokio::select! {
            known = until_known(&kept, &address, limit, application_name) => known,
            () = asked.notified() => {
                Err(Trouble::unknown("the operator ended the question to the database"))
            }
        }
    })
}

async fn until_known(
    kept: &Kept,
    address: &Address,
    limit: Limit,
    application_name: &str,
) -> Result<Facts, Trouble> {
    let mut pause = PAUSES.0;
    loop {
        let looking = look(kept, address, limit, application_name);
        // A server that takes the connection and says nothing is no answer either.
        let most = limit.left() + FAREWELL;
        let looked = tokio::time::timeout(most, looking).await;
        let why = match looked.unwrap_or_else(|_| Look::Again("the server did not answer".into())) {
            Look::Settled(known) => return known,
            Look::Again(why) => why,
        };
        tokio::time::sleep(pause.min(limit.left())).await;
        if limit.passed() {
            return Err(Trouble::unknown(format!("{why} (asked for {})", limit.whole())));
        }
        pause = (pause * 2).min(PAUSES.1);
    }
}

/// One connection, one question.
async fn look(kept: &Kept, address: &Address, limit: Limit, application_name: &str) -> Look {
    let connected = match connect::connect(address, application_name, limit).await {
        Ok(connected) => connected,
        Err(trouble) if comes_back(&trouble) => return Look::Again(trouble.message()),
        Err(trouble) => return Look::Settled(Err(Trouble::unknown(trouble.message()))),
    };
    match ask(kept, &connected).await {
        Ok(look) => look,
        Err(error) if said::is_cut(&error) => {
            let why = connected.gone.take().unwrap_or_else(|| said::chain(&error));
            Look::Again(format!("the connection broke while asking: {why}"))
        }
        Err(error) => Look::Settled(Err(Trouble::unknown(said::chain(&error)))),
    }
}

/// Trouble that passes: a server that is down or busy, not one that does not know us.
fn comes_back(trouble: &Trouble) -> bool {
    let known = trouble.message();
    matches!(trouble.ending, Ending::Failed { kind: FailKind::Connection, .. })
        && !known.contains("3D000")
        && !known.contains("UnknownIssuer")
}

async fn ask(kept: &Kept, connected: &Connected) -> Result<Look, Error> {
    let client = &connected.client;
    // One transaction: behind a pooler, only that keeps us on one server.
    client.batch_execute("BEGIN READ ONLY").await?;
    let rights = Rights::ask(client).await?;
    let who = rows(client.simple_query(&rights.identity_query()).await?);
    let Some(now) = who.first().map(tx::identity) else {
        return Ok(Look::Again("the server did not say who it is".to_owned()));
    };
    let mut facts = Facts::new();
    facts.insert("asked".to_owned(), Kept { identity: now.clone(), ..kept.clone() }.to_json());
    let settled = |trouble: Trouble| Ok(Look::Settled(Err(trouble.with(facts.clone()))));
    if let Some(doubt) = kept.doubt(&now) {
        return settled(Trouble::unknown(doubt));
    }
    let xid = kept.xid;
    let question = match () {
        () if rights.has("pg_xact_status") => {
            format!("SELECT pg_catalog.pg_xact_status('{xid}'::pg_catalog.xid8)")
        }
        () if rights.has("txid_status") => format!("SELECT pg_catalog.txid_status({xid})"),
        () => {
            return settled(Trouble::unknown(
                "this server does not tell what became of a transaction",
            ));
        }
    };
    let answer = match client.simple_query(&question).await {
        Ok(answer) => rows(answer).first().and_then(|row| text(row, 0)),
        // 22023: the number is in the future.
        Err(error) if error.code().is_some_and(|code| code.code() == "22023") => {
            let why =
                "the server has not come to that transaction: it was set back to an older state";
            return settled(Trouble::unknown(why));
        }
        Err(error) => return Err(error),
    };
    match answer.as_deref() {
        Some("committed") => {
            facts.insert("committed".to_owned(), true.into());
            Ok(Look::Settled(Ok(facts)))
        }
        Some("aborted") => {
            facts.insert("committed".to_owned(), false.into());
            let reason = format!("transaction {xid} was rolled back: nothing was committed");
            Ok(Look::Settled(Err(Trouble::not_done(reason).with(facts))))
        }
        Some(_) => Ok(Look::Again(still_open(xid, connected).await?)),
        None => settled(Trouble::unknown(format!(
            "transaction {xid} is too old: the server has forgotten what became of it"
        ))),
    }
}

/// Who still holds it, and how a person ends it. Lists show the number's lower half.
async fn still_open(xid: u64, connected: &Connected) -> Result<String, Error> {
    let query = format!(
        "SELECT pid, COALESCE(state, 'state hidden') FROM pg_catalog.pg_stat_activity \
         WHERE backend_xid::text = '{}'",
        xid & 0xFFFF_FFFF
    );
    let found = rows(connected.client.simple_query(&query).await?);
    let holder = found.first().and_then(|row| Some((text(row, 0)?, text(row, 1)?)));
    Ok(match holder {
        Some((pid, state)) => format!(
            "transaction {xid} is still open in session {pid} ({state}); \
             SELECT pg_terminate_backend({pid}) ends it, then ask again"
        ),
        None => {
            format!("transaction {xid} is still open; pg_stat_activity may show in which session")
        }
    })
}
