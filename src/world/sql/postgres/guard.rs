//! The transaction around the statements, and what holds a read step back.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::Job;
use super::super::limit::Limit;
use super::super::trouble::Trouble;
use super::address::Address;
use super::connect::Connected;
use super::tx::{rows, text};
use super::{pooler, said};
use crate::effect::{EffectClass, Facts, FailKind};

/// A statement waits this long for a lock. Who waits for a lock makes others wait behind him, which an
/// incident does not need. A step can set its own with `SET LOCAL lock_timeout`.
const LOCK_LIMIT: Duration = Duration::from_secs(30);

/// A transaction may stand open this long while the operator decides whether to commit.
const IDLE_LIMIT: Duration = Duration::from_mins(10);

/// Who answers, and who we are to them. Taken inside the transaction: it fixes the snapshot, after
/// which READ ONLY cannot be switched off any more. Asked without a prepared statement: one of that name
/// may have been left behind in a pooler's connection.
const WHO: &str = "
SELECT pg_catalog.current_database()::text,
       current_user::text,
       pg_catalog.host(pg_catalog.inet_server_addr()),
       pg_catalog.inet_server_port(),
       pg_catalog.pg_is_in_recovery(),
       pg_catalog.current_setting('server_version'),
       COALESCE((SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user), false),
       EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname IN
                 ('pg_execute_server_program', 'pg_write_server_files')
               AND pg_catalog.pg_has_role(current_user, oid, 'MEMBER')),
       (SELECT pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - backend_start)
          FROM pg_catalog.pg_stat_activity WHERE pid = pg_catalog.pg_backend_pid()),
       (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(name), ', ')
          FROM pg_catalog.pg_prepared_statements WHERE name ~ '^s[0-9]+$')";

/// Settings for the transaction, or for the session when there is none. Values are shown in one form
/// whatever the server's defaults are. A stronger `synchronous_commit` is left as it is.
const SETTINGS: &str = "
SELECT pg_catalog.set_config('statement_timeout', $1, $4),
       pg_catalog.set_config('lock_timeout', $2, $4),
       pg_catalog.set_config('idle_in_transaction_session_timeout', $3, $4),
       pg_catalog.set_config('cursor_tuple_fraction', '1', $4),
       pg_catalog.set_config('datestyle', 'ISO', $4),
       pg_catalog.set_config('intervalstyle', 'postgres', $4),
       pg_catalog.set_config('bytea_output', 'hex', $4),
       pg_catalog.set_config('extra_float_digits', '1', $4),
       CASE WHEN pg_catalog.current_setting('synchronous_commit') IN ('off', 'local', 'remote_write')
            THEN pg_catalog.set_config('synchronous_commit', 'on', $4) END";

/// Opens the transaction, asks who answers, and sets the limits.
pub(super) async fn enter(
    connected: &Connected,
    job: &Job,
    address: &Address,
    limit: Limit,
    facts: &mut Facts,
) -> Result<(), Trouble> {
    let (client, effect) = (&connected.client, &job.effect);
    let read = effect.class == EffectClass::Read;
    let local = !effect.no_transaction;
    let fail = |error: tokio_postgres::Error| {
        if said::is_cut(&error) {
            let why = connected.gone.take().unwrap_or_else(|| said::chain(&error));
            return Trouble::new(
                FailKind::Connection,
                format!("the connection broke: {why}; nothing was run"),
            );
        }
        said::trouble(&error, None)
    };
    if local {
        client.batch_execute(if read { "BEGIN READ ONLY" } else { "BEGIN" }).await.map_err(fail)?;
    } else if read {
        client.batch_execute("SET default_transaction_read_only = on").await.map_err(fail)?;
    }
    let who = rows(client.simple_query(WHO).await.map_err(fail)?);
    let cell = |at| who.first().and_then(|row| text(row, at));
    let truth = |at| cell(at).as_deref() == Some("t");
    let (recovering, superuser, writes_files) = (truth(4), truth(6), truth(7));
    let mut server = json!({
        "database": cell(0),
        "user": cell(1),
        "address": cell(2),
        "port": cell(3).and_then(|port| port.parse::<u16>().ok()),
        "standby": recovering,
        "version": cell(5),
        "superuser": superuser,
    });
    let seen = pooler::Seen {
        age: cell(8).and_then(|seconds| seconds.parse().ok()),
        waited: limit.elapsed(),
        local: cell(2).is_none(),
        left_behind: cell(9),
    };
    if let Some(sign) = seen.sign(address) {
        server["pooler"] = sign.into();
    }
    facts.insert("server".to_owned(), server);
    if let Some(tidy) = seen.tidy() {
        client.batch_execute(&tidy).await.map_err(fail)?;
    }
    if recovering && !read {
        let message =
            format!("{} is a standby, which takes no changes: nothing was run", address.short());
        return Err(Trouble::new(FailKind::Refused, message));
    }
    if read {
        facts.insert("guards".to_owned(), guards(local, superuser, writes_files));
    }
    let whole = limit.left().max(Duration::from_millis(1));
    let ms = |span: Duration| span.as_millis().max(1).to_string();
    let (statement, lock) = (ms(whole), ms(whole.min(LOCK_LIMIT)));
    let settings: [&(dyn tokio_postgres::types::ToSql + Sync); 4] =
        [&statement, &lock, &ms(IDLE_LIMIT), &local];
    client.query_one(SETTINGS, &settings).await.map_err(fail)?;
    if let Some(path) = &address.search_path {
        let set = "SELECT pg_catalog.set_config('search_path', pg_catalog.quote_ident($1), $2)";
        client.query_one(set, &[path, &local]).await.map_err(fail)?;
    }
    Ok(())
}

/// Which of the three guards of a read step hold. READ ONLY stops changes to rows; a superuser still
/// reaches files and programs of the server through functions.
fn guards(transaction: bool, superuser: bool, writes_files: bool) -> Value {
    let mut held = vec!["extended protocol"];
    held.push(if transaction { "read only transaction" } else { "read only session" });
    if !superuser && !writes_files {
        held.push("role without rights on the server's files");
    }
    held.into()
}
