//! What makes a COMMIT whose answer is lost no riddle: the transaction's number, known here and safe there.
//!
//! The number alone is not enough. It lives in the server's memory until something of the transaction is in
//! the flushed part of its log, and a server that crashes before hands the same number out again. So a
//! message in the log carries the number, a second connection commits something (which flushes the log), and
//! the server is asked whether its log is flushed beyond the message.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio_postgres::{Client, Error, SimpleQueryMessage, SimpleQueryRow};

use super::super::limit::Limit;
use super::address::Address;
use super::connect::{self, Connected};
use super::identity::{Identity, Kept, lsn_number};
use crate::effect::Facts;
use crate::seeded::bug;
use crate::time::Span;

/// How long the second connection may take. Without it the step goes on, with less to know afterwards.
const FLUSH_LIMIT: Duration = Duration::from_secs(5);

/// The functions wanted here that the server has and the role may call. Those of the log of a standby are
/// left out: they are refused there.
const RIGHTS: &str = "
SELECT proname FROM pg_catalog.pg_proc
 WHERE pronamespace = 'pg_catalog'::pg_catalog.regnamespace
   AND proname IN ('pg_current_xact_id', 'txid_current', 'pg_xact_status', 'txid_status',
                   'pg_logical_emit_message', 'pg_control_system', 'pg_postmaster_start_time',
                   'pg_walfile_name', 'pg_current_wal_insert_lsn', 'pg_current_wal_flush_lsn')
   AND NOT (pg_catalog.pg_is_in_recovery() AND proname LIKE '%wal%')
 GROUP BY proname
HAVING pg_catalog.bool_and(pg_catalog.has_function_privilege(oid, 'EXECUTE'))";

/// Above what an author may have set for the transaction: a COMMIT that is not on disk is no COMMIT.
const SYNCHRONOUS: &str = "
SELECT CASE WHEN pg_catalog.current_setting('synchronous_commit') IN ('off', 'local', 'remote_write')
            THEN pg_catalog.set_config('synchronous_commit', 'on', true) END";

/// Commits something that is nothing, so that the log is flushed. `local`: a synchronous standby that is
/// gone must not hold this up.
const FLUSH: &str = "
BEGIN; SET LOCAL synchronous_commit = local; SET LOCAL statement_timeout = '5s';
SELECT pg_catalog.pg_logical_emit_message(true, 'mayday', 'flush');
COMMIT";

/// What the role may call.
pub(super) struct Rights(BTreeSet<String>);

impl Rights {
    pub(super) async fn ask(client: &Client) -> Result<Self, Error> {
        let rows = rows(client.simple_query(RIGHTS).await?);
        Ok(Self(rows.iter().filter_map(|row| text(row, 0)).collect()))
    }

    pub(super) fn has(&self, function: &str) -> bool {
        self.0.contains(function)
    }

    fn expression(&self, needs: &[&str], expression: &str) -> String {
        let all = needs.iter().all(|function| self.has(function));
        if all { expression.to_owned() } else { "NULL".to_owned() }
    }

    /// A query for one row, read by [`identity`].
    pub(super) fn identity_query(&self) -> String {
        let started = self.expression(
            &["pg_postmaster_start_time"],
            "pg_catalog.pg_postmaster_start_time() AT TIME ZONE 'UTC'",
        );
        let system = self.expression(
            &["pg_control_system"],
            "(SELECT system_identifier FROM pg_catalog.pg_control_system())",
        );
        // The control file tells the timeline of the last checkpoint, which a fresh promotion has not
        // reached yet; the name of the file now written is never late.
        let timeline = self.expression(
            &["pg_walfile_name", "pg_current_wal_insert_lsn"],
            "pg_catalog.left(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_insert_lsn()), 8)",
        );
        let lsn = self
            .expression(&["pg_current_wal_insert_lsn"], "pg_catalog.pg_current_wal_insert_lsn()");
        // Processes without a user and a database are the server's own.
        format!(
            "SELECT pg_catalog.current_database(), \
             pg_catalog.host(pg_catalog.inet_server_addr()) || ':' || pg_catalog.inet_server_port(), \
             pg_catalog.pg_is_in_recovery(), {started}, {system}, {timeline}, {lsn}, \
             (SELECT pg_catalog.string_agg(pid::text, ' ' ORDER BY pid) \
                FROM pg_catalog.pg_stat_activity WHERE usesysid IS NULL AND datid IS NULL)"
        )
    }
}

/// The answer to [`Rights::identity_query`].
pub(super) fn identity(row: &SimpleQueryRow) -> Identity {
    let processes = text(row, 7).unwrap_or_default();
    Identity {
        database: text(row, 0).unwrap_or_default(),
        server: text(row, 1).unwrap_or_default(),
        standby: text(row, 2).as_deref() == Some("t"),
        postmaster_start: text(row, 3),
        system: text(row, 4),
        timeline: text(row, 5).and_then(|hex| u32::from_str_radix(&hex, 16).ok()),
        lsn: text(row, 6).and_then(|lsn| lsn_number(&lsn)),
        processes: processes.split(' ').filter_map(|pid| pid.parse().ok()).collect(),
    }
}

/// Puts the fact `tx` beside the others, behind the last statement. Where the server has no numbers for
/// transactions, there is none.
pub(super) async fn keep(
    connected: &Connected,
    address: &Address,
    application_name: &str,
    limit: Limit,
    facts: &mut Facts,
) -> Result<(), Error> {
    let client = &connected.client;
    client.simple_query(SYNCHRONOUS).await?;
    let rights = Rights::ask(client).await?;
    let number = match () {
        () if rights.has("pg_current_xact_id") => "SELECT pg_catalog.pg_current_xact_id()",
        () if rights.has("txid_current") => "SELECT pg_catalog.txid_current()",
        () => return Ok(()),
    };
    // The number first: the message carries what the transaction has by then.
    let emits = rights.has("pg_logical_emit_message");
    let message = if emits {
        "SELECT pg_catalog.pg_logical_emit_message(false, 'mayday', 'transaction')"
    } else {
        "SELECT NULL"
    };
    let identity_query = rights.identity_query();
    let said = client.simple_query(&format!("{number}; {identity_query}; {message}")).await?;
    let [number, who, message] = &rows(said)[..] else { return Ok(()) };
    let Some(xid) = text(number, 0).and_then(|xid| xid.parse().ok()) else { return Ok(()) };
    let place = text(message, 0);
    let mut kept = Kept { xid, identity: identity(who), flushed: false };
    if let Some(place) = &place {
        kept.identity.lsn = lsn_number(place);
        if !bug("xid without flush") {
            flush(address, application_name, limit).await;
        }
        kept.flushed = bug("xid without flush")
            || rights.has("pg_current_wal_flush_lsn") && flushed(client, place).await?;
    }
    facts.insert("tx".to_owned(), kept.to_json());
    Ok(())
}

/// Does what it can; whether it was enough is asked of the server that matters, which the second connection
/// need not have met.
async fn flush(address: &Address, application_name: &str, limit: Limit) {
    let left = limit.left().min(FLUSH_LIMIT);
    let span = Span::from_millis(i64::try_from(left.as_millis()).unwrap_or(i64::MAX));
    let commit = async {
        let second = connect::connect(address, application_name, Limit::from_now(span)).await;
        if let Ok(second) = second {
            let _ = second.client.batch_execute(FLUSH).await;
        }
    };
    let _ = tokio::time::timeout(left, commit).await;
}

async fn flushed(client: &Client, place: &str) -> Result<bool, Error> {
    let query =
        format!("SELECT pg_catalog.pg_current_wal_flush_lsn() >= '{place}'::pg_catalog.pg_lsn");
    let said = rows(client.simple_query(&query).await?);
    Ok(said.first().and_then(|row| text(row, 0)).as_deref() == Some("t"))
}

/// The rows of all statements of a text, in order.
pub(super) fn rows(messages: Vec<SimpleQueryMessage>) -> Vec<SimpleQueryRow> {
    messages
        .into_iter()
        .filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        })
        .collect()
}

/// A cell; `None` for NULL.
pub(super) fn text(row: &SimpleQueryRow, at: usize) -> Option<String> {
    row.try_get(at).ok().flatten().map(str::to_owned)
}
