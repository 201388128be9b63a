//! The transaction around the statements, and what holds a read step back.

use mysql::Conn;
use mysql::prelude::Queryable;
use serde_json::json;

use super::super::limit::Limit;
use super::super::words;
use crate::effect::{EffectClass, Facts, SqlEffect};

/// A statement waits this long for a lock, in seconds (see PostgreSQL's guard).
const LOCK_LIMIT: u64 = 30;

/// A transaction may stand open this long, in seconds, while the operator decides.
const IDLE_LIMIT: u64 = 600;

/// Why a statement is not even sent.
pub(super) fn refuse(statement: &str, effect: &SqlEffect) -> Option<String> {
    let words = words::words(statement);
    let text = |index: usize| words.get(index).map_or("", |word| word.text.as_str());
    let (first, second) = (text(0), text(1));
    if effect.class == EffectClass::Read {
        if statement.contains("/*!") || statement.contains("/*M!") {
            return Some(
                "a comment that the server runs hides what it does: write it out".to_owned(),
            );
        }
        let reads = matches!(
            first,
            "select" | "with" | "values" | "table" | "show" | "explain" | "describe" | "desc"
        );
        return (!reads).then(|| {
            format!("{} does more than read: declare the step's effect", first.to_uppercase())
        });
    }
    let commits = match first {
        "create" | "drop" => second != "temporary",
        "alter" | "truncate" | "rename" | "grant" | "revoke" | "analyze" | "optimize"
        | "repair" | "flush" | "reset" | "lock" | "unlock" | "install" | "uninstall" | "purge"
        | "change" => true,
        "set" => matches!(second, "password" | "autocommit"),
        _ => false,
    };
    (commits && !effect.no_transaction).then(|| {
        format!(
            "{} commits by itself on MySQL and cannot be rolled back: set `no_transaction: true` \
             on a step of its own",
            first.to_uppercase()
        )
    })
}

/// Sets the limits, opens the transaction, and asks who answers.
pub(super) fn enter(
    connection: &mut Conn,
    effect: &SqlEffect,
    limit: Limit,
    facts: &mut Facts,
) -> Result<(), mysql::Error> {
    let read = effect.class == EffectClass::Read;
    let who: Option<(String, String, String, bool, Option<String>)> = connection
        .query_first("SELECT VERSION(), CURRENT_USER(), @@hostname, @@read_only, DATABASE()")?;
    let (version, user, host, read_only, database) = who.unwrap_or_default();
    let left = limit.left();
    let seconds = left.as_secs().max(1);
    connection.query_drop(format!(
        "SET SESSION innodb_lock_wait_timeout = {}, SESSION lock_wait_timeout = {}, \
         SESSION wait_timeout = {IDLE_LIMIT}",
        seconds.min(LOCK_LIMIT),
        seconds.min(LOCK_LIMIT),
    ))?;
    if version.contains("MariaDB") {
        let limit = left.as_secs_f64().max(0.001);
        connection.query_drop(format!("SET SESSION max_statement_time = {limit:.3}"))?;
    } else {
        // MySQL limits only SELECT by itself; for others our own watch says KILL QUERY.
        let limit = left.as_millis().max(1);
        connection.query_drop(format!("SET SESSION max_execution_time = {limit}"))?;
    }
    if effect.no_transaction && read {
        connection.query_drop("SET SESSION TRANSACTION READ ONLY")?;
    } else if !effect.no_transaction {
        let begin = if read { "START TRANSACTION READ ONLY" } else { "START TRANSACTION" };
        connection.query_drop(begin)?;
    }
    facts.insert(
        "server".to_owned(),
        json!({
            "database": database, "user": user, "host": host, "version": version,
            "read_only": read_only,
        }),
    );
    if read {
        let held = ["prepared statements", "read only transaction", "statements that read"];
        facts.insert("guards".to_owned(), json!(held));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::effect::{Target, TargetKind, Text};
    use crate::time::Span;

    #[test]
    fn ddl_in_a_transaction_and_hidden_statements_are_refused() {
        let effect = |class, no_transaction| SqlEffect {
            step: String::new(),
            target: Target {
                name: "db".to_owned(),
                kind: TargetKind::Mysql,
                address: Text::Plain(String::new()),
            },
            statements: Vec::new(),
            params: std::collections::BTreeMap::new(),
            class,
            no_transaction,
            hold: false,
            time_limit: Span::ZERO,
            row_cap: 0,
            withhold: false,
        };
        let read = effect(EffectClass::Read, false);
        for refused in
            ["SET GLOBAL x = 1", "SELECT 1 /*! INTO OUTFILE '/x' */", "KILL 3", "FLUSH LOGS"]
        {
            assert!(refuse(refused, &read).is_some(), "{refused}");
        }
        assert_eq!(refuse("(SELECT 1)", &read), None);
        let change = effect(EffectClass::Change, false);
        assert!(refuse("ALTER TABLE t ADD x int", &change).is_some());
        assert_eq!(refuse("CREATE TEMPORARY TABLE t (x int)", &change), None);
        assert_eq!(refuse("ALTER TABLE t ADD x int", &effect(EffectClass::Change, true)), None);
    }
}
